// SPDX-License-Identifier: Apache-2.0
//
// Changes to tar bytes. The same changes give the same bytes everywhere, and the very bytes that
// Go's archive/tar writes, so that diffIDs agree with BuildKit's for equal trees.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/sys/fd.h"
#include "overlay/change.h"
#include "overlay/tar/internal/tar_format.h"
#include "overlay/tar/internal/tar_reader.h"

namespace cairn::overlay::internal {

// Appends to `out`, which is borrowed.
class TarEncoder {
 public:
  explicit TarEncoder(std::vector<std::byte>& out) : out_(out) {}

  // Everything but the content; its length is in the change.
  void put_header(const Change& change);
  // The header of a sparse file with the map of its extents: GNU format 1.0 in pax records, which
  // Go's archive/tar, GNU tar and libarchive read. Only the content of the extents follows.
  void put_sparse_header(const Change& change, const std::vector<TarExtent>& extents);
  // The next `count` bytes of the content, read at the file's offset. Throws kHost if it is
  // shorter.
  void put_content(const Change& change, const sys::Fd& file, std::size_t count);
  void put_padding(const Change& change) { put_zeros(padding(change.size)); }
  void put_end() { put_zeros(2 * kBlock); }

 private:
  void put_header(const Change& change, std::map<std::string, std::string> records);
  void put_deletion(const std::string& path);
  void put_extended_header(const std::string& name, const std::string& records);
  void put(std::span<const char> bytes);
  void put_zeros(std::uint64_t count) { out_.resize(out_.size() + count); }

  std::vector<std::byte>& out_;
};

}  // namespace cairn::overlay::internal
