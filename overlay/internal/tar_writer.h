// SPDX-License-Identifier: Apache-2.0
//
// Changes to tar bytes, one way only: the same changes give the same bytes everywhere, and the
// bytes that Go's archive/tar gives for them, so that diffIDs agree with those of BuildKit for
// equal trees.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/stream.h"
#include "overlay/change.h"
#include "overlay/internal/tar_format.h"

namespace cairn::overlay::internal {

class TarWriter {
 public:
  explicit TarWriter(ByteSink& sink);

  // For a regular file that is no hard link, `change.size` bytes of `file` follow the header.
  void add(const Change& change, const sys::Fd& file);
  void finish();  // the two empty blocks at the end

 private:
  void add_deletion(const std::string& path);
  void put(std::span<const char> bytes);
  void put_zeros(std::uint64_t count);
  void put_content(const Change& change, const sys::Fd& file);
  void put_extended_header(const std::string& name, const std::string& records);
  void flush();

  ByteSink& sink_;
  std::vector<std::byte> buffer_;
  std::size_t used_ = 0;
};

}  // namespace cairn::overlay::internal
