// SPDX-License-Identifier: Apache-2.0
//
// gzip and zstd, as layers use them: recognised by their first bytes when read, and written so that
// equal input gives equal output whatever the number of threads. (The bytes of a compressor may
// still change with its version: only digests of uncompressed bytes compare between hosts.)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/stream.h"

namespace cairn {

enum class Compression { kNone, kGzip, kZstd };

// By magic number; four bytes suffice.
Compression sniff_compression(std::span<const std::byte> first_bytes);

// A small input must not become an endless output. The ratio counts only beyond `free_bytes`, since
// layers full of zeros are legal and shrink a thousandfold. Beyond either limit is kLimit.
struct DecompressLimits {
  std::uint64_t max_bytes = std::uint64_t{1} << 40;
  std::uint64_t free_bytes = std::uint64_t{16} << 30;
  std::uint64_t max_ratio = 200;
};

// Reads `source` (borrowed) plain, whatever it is. gzip may come in several members, zstd in
// several frames with windows up to 128 MiB; damage and early ends are kCorrupt. Reading to the end
// consumes the source to its end.
std::unique_ptr<ByteSource> decompressing(ByteSource& source, const DecompressLimits& limits = {});

class CompressingSink : public ByteSink {
 public:
  // Writes what is left. Without it the output is incomplete; the destructor only abandons.
  virtual void finish() = 0;
};

// The levels that users know: gzip has 0 to 9, zstd 1 to 22.
bool has_level(Compression compression, int level);

// Compresses into `out` (borrowed), which is written to by the calling thread alone.
// gzip: independent blocks of 1 MiB in one member, the levels 1 to 3 by isa-l and the others by
// zlib; 3 unless said otherwise, within an eighth of zlib's own 6 in size. zstd: 3.
std::unique_ptr<CompressingSink> compressing(Compression compression, ByteSink& out,
                                             std::size_t threads, std::optional<int> level = {});

}  // namespace cairn
