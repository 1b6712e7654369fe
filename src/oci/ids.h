// SPDX-License-Identifier: Apache-2.0
//
// Digests with a meaning, each a type of its own. A DiffId is the digest of a layer's uncompressed
// tar; a ChainId identifies a stack of layers (OCI image spec, config.md, "Layer ChainID").
#pragma once

#include <compare>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace cairn::oci {

template <typename Tag>
class DigestId {
 public:
  explicit DigestId(const Digest& digest) : digest_(digest) {}
  // Throws kCorrupt.
  static DigestId parse(std::string_view text) { return DigestId(Digest::parse(text)); }

  const Digest& digest() const { return digest_; }
  std::string str() const { return digest_.str(); }

  auto operator<=>(const DigestId&) const = default;

 private:
  Digest digest_;
};

using DiffId = DigestId<struct DiffIdTag>;
using ChainId = DigestId<struct ChainIdTag>;

template <typename Tag>
std::string format_as(const DigestId<Tag>& id) {
  return id.str();
}

// The chain of `below` with one more layer on top.
ChainId extend(const ChainId& below, const DiffId& top);
// The chain of a whole stack, bottom first. The stack must not be empty: no layers have no ChainID.
ChainId chain_id(std::span<const DiffId> layers);
// The chain at each height: result[i] is the chain of the first i + 1 layers.
std::vector<ChainId> chain_ids(std::span<const DiffId> layers);

}  // namespace cairn::oci

template <typename Tag>
struct std::hash<cairn::oci::DigestId<Tag>> {
  std::size_t operator()(const cairn::oci::DigestId<Tag>& id) const noexcept {
    return std::hash<cairn::Digest>()(id.digest());
  }
};
