// SPDX-License-Identifier: Apache-2.0
//
// Adapters that pass bytes through and count, digest or bound them on the way. None of them
// buffers, so they stack without a copy; only copy_all() has a buffer.
#include "base/stream.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/error.h"

namespace cairn {

std::size_t MemorySource::read(std::span<std::byte> buffer) {
  std::size_t count = std::min(buffer.size(), rest_.size());
  if (count > 0) std::memcpy(buffer.data(), rest_.data(), count);
  rest_.remove_prefix(count);
  return count;
}

void DigestingSink::write(std::span<const std::byte> bytes) {
  hash_.update(bytes);
  size_ += bytes.size();
  if (inner_ != nullptr) inner_->write(bytes);
}

std::size_t DigestingSource::read(std::span<std::byte> buffer) {
  std::size_t count = inner_.read(buffer);
  size_ += count;
  // Checked before hashing: a server that sends without end is stopped within one buffer.
  if (size_ > limit_) {
    throw Error::of(ErrorKind::kCorrupt, "more bytes than the {} that were promised", limit_);
  }
  hash_.update(std::span<const std::byte>(buffer.first(count)));
  return count;
}

std::uint64_t copy_all(ByteSource& from, ByteSink& to) {
  // Large enough that the cost of a call does not count, and small enough for the second-level
  // cache.
  std::vector<std::byte> buffer(256 << 10);
  std::uint64_t total = 0;
  while (std::size_t count = from.read(buffer)) {
    to.write(std::span<const std::byte>(buffer).first(count));
    total += count;
  }
  return total;
}

}  // namespace cairn
