// SPDX-License-Identifier: Apache-2.0
//
// The digest under which the result of a step is recorded. A type of its own, since the digest of a
// blob or of a file looks the same and is never a key. The cache room makes keys. A value.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace cairn::store {

class StepKey {
 public:
  explicit StepKey(const Digest& digest) : digest_(digest) {}
  // Hashes `text`.
  static StepKey of(std::string_view text) { return StepKey(Digest::of(text)); }
  // The inverse of str(). Throws kCorrupt.
  static StepKey parse(std::string_view text) { return StepKey(Digest::parse(text)); }
  // The key of the empty root, which no step makes. Keys of the steps on it contain it.
  static StepKey of_empty_root() { return of(""); }

  std::string str() const { return digest_.str(); }  // "sha256:<hex>"
  const Digest& digest() const { return digest_; }

  auto operator<=>(const StepKey&) const = default;

 private:
  Digest digest_;
};

inline std::string format_as(const StepKey& key) {
  return key.str();
}

}  // namespace cairn::store
