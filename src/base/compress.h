// SPDX-License-Identifier: Apache-2.0
//
// gzip and zstd, the compressions of layers, and for reading also those that only archives have.
// Reading recognises them by their first bytes. Writing gives equal output for equal input,
// whatever the number of threads. (The compressed bytes may still change with the version of a
// library, so hosts only compare digests of uncompressed bytes.)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/stream.h"

namespace cairn {

enum class Compression { kNone, kGzip, kZstd };

// Recognises the magic number; four bytes are enough. Anything else is kNone.
Compression sniff_compression(std::span<const std::byte> first_bytes);

// Bounds against decompression bombs: going beyond one throws kLimit. The ratio of output to input
// counts only after `free_bytes` of output, since layers full of zeros are legal and shrink a
// thousandfold.
struct DecompressLimits {
  std::uint64_t max_bytes = std::uint64_t{1} << 40;
  std::uint64_t free_bytes = std::uint64_t{16} << 30;
  std::uint64_t max_ratio = 200;
};

// Reads `source` (borrowed) decompressed; plain data passes through. gzip may have several members,
// and zstd several frames. Throws kCorrupt for damaged or truncated data, and kLimit for a window
// of more than limits::kWindow. Reading to the end consumes `source` to its end. One thread at a
// time.
std::unique_ptr<ByteSource> decompressing(ByteSource& source, const DecompressLimits& limits = {});

// The same for archives of users, which come as xz and bzip2, too. OCI layers must not, so what
// reads those takes the function above. xz and bzip2 may have several streams. One compression is
// undone, as docker does: an archive that was compressed twice is not one.
std::unique_ptr<ByteSource> decompressing_archive(ByteSource& source,
                                                  const DecompressLimits& limits = {});

class CompressingSink : public ByteSink {
 public:
  // Writes what is left. Without it the output is incomplete: the destructor writes nothing.
  virtual void finish() = 0;
};

// Whether the codec has this level: gzip 0 to 9, zstd 1 to 22, plain none.
bool has_level(Compression compression, int level);

// Compresses into `out` (borrowed). Only the calling thread writes to it. gzip makes one member of
// independent blocks of 1 MiB, by isa-l for levels 1 to 3 and by zlib for the others; the default
// is 3, whose output is within an eighth of the size that zlib's level 6 gives. zstd's default is
// 3.
std::unique_ptr<CompressingSink> compressing(Compression compression, ByteSink& out,
                                             std::size_t threads, std::optional<int> level = {});

}  // namespace cairn
