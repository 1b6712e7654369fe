// SPDX-License-Identifier: Apache-2.0
//
// Copies the bytes of a file in the cheapest way that the kernel offers. All functions throw kHost.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/sys/fd.h"

namespace cairn::sys {

// Copies all of `from`, whose stat is `st`, to the empty regular file `to`. Holes stay holes where
// the filesystem reports them. Both offsets must be 0, and move. copy_file_range(2) shares blocks
// where it can; sendfile(2) and then plain reads follow where it is refused (other filesystems, old
// kernels).
void copy_file_contents(const Fd& from, const struct stat& st, const Fd& to);
inline void copy_file_contents(const Fd& from, const Fd& to) {
  copy_file_contents(from, stat_of(from), to);
}

// The offset of the first byte at or after `at` that is not in a hole, as far as the filesystem
// knows (lseek(2), SEEK_DATA). nullopt when only a hole is left. Moves the file's offset.
std::optional<std::uint64_t> find_data(const Fd& file, std::uint64_t at);
void seek_to(const Fd& file, std::uint64_t at);
// Fills `into` from offset `at`. Throws kHost when the file ends before.
void read_at(const Fd& file, std::uint64_t at, std::span<std::byte> into);
bool is_all_zero(std::span<const std::byte> bytes);

}  // namespace cairn::sys
