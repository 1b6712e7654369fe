// SPDX-License-Identifier: Apache-2.0
//
// Changes to tar bytes, one way only: the same changes give the same bytes everywhere, and the
// bytes that Go's archive/tar gives for them, so that diffIDs agree with those of BuildKit for
// equal trees.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/sys/fd.h"
#include "overlay/change.h"
#include "overlay/internal/tar_format.h"

namespace cairn::overlay::internal {

// Appends to `out`, which is borrowed.
class TarEncoder {
 public:
  explicit TarEncoder(std::vector<std::byte>& out) : out_(out) {}

  // All but the content, of which the change says how long it is.
  void put_header(const Change& change);
  // The next `count` bytes of the content, kHost when there are no more so many.
  void put_content(const Change& change, const sys::Fd& file, std::size_t count);
  void put_padding(const Change& change) { put_zeros(padding(change.size)); }
  void put_end() { put_zeros(2 * kBlock); }

 private:
  void put_deletion(const std::string& path);
  void put_extended_header(const std::string& name, const std::string& records);
  void put(std::span<const char> bytes);
  void put_zeros(std::uint64_t count) { out_.resize(out_.size() + count); }

  std::vector<std::byte>& out_;
};

}  // namespace cairn::overlay::internal
