// SPDX-License-Identifier: Apache-2.0
//
// Tar bytes to entries: V7, ustar, pax and GNU forms, and all four forms of sparse files, read in
// one pass with bounded memory. Names are bytes and are not converted. Where the formats are
// ambiguous we read as Go's archive/tar does, since writers of layers test against it. All input is
// hostile: anything inconsistent is kCorrupt.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "base/sys/xattr.h"
#include "base/time.h"
#include "overlay/tar/internal/tar_format.h"

namespace cairn::overlay::internal {

// A range of a sparse file that has data, in bytes; holes lie between them.
struct TarExtent {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct TarEntry {
  enum class Type { kFile, kHardLink, kSymlink, kChar, kBlock, kDir, kFifo, kOther };

  Type type = Type::kFile;
  std::string path;
  std::string link;
  std::uint32_t mode = 0;  // permission bits alone
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::uint64_t size = 0;  // of the file, holes included
  Timestamp mtime;
  std::uint32_t dev_major = 0;
  std::uint32_t dev_minor = 0;
  sys::Xattrs xattrs;
  std::optional<std::vector<TarExtent>> extents;  // for sparse files, ascending
};

class TarReader {
 public:
  explicit TarReader(ByteSource& source);

  // The next entry; nullopt after the last one. Skips the rest of the previous entry's content.
  std::optional<TarEntry> next();
  // The next piece of the current entry's stored content, without holes: between 1 and `limit`
  // bytes. Throws kCorrupt if there is no more. Valid until the next call.
  std::span<const std::byte> read_content(std::uint64_t limit);
  // Reads the source to its end: a layer's digest also covers what follows the archive.
  void drain();

 private:
  using Records = std::map<std::string, std::string>;

  std::span<std::byte> fill();
  bool read_exactly(std::span<char> into);
  bool read_block(TarBlock& block);
  // Adds to `sum` the bytes of the entry's extended headers so far; they are bounded together.
  std::string read_special(std::uint64_t size, std::uint64_t& sum);
  void skip_content();
  TarEntry decode(const TarBlock& block, const Records& records);
  void decode_sparse(const TarBlock& block, const Records& records, TarEntry& entry);
  std::vector<TarExtent> read_gnu_map(const TarBlock& block);
  std::vector<TarExtent> read_pax_map();

  ByteSource& source_;
  std::vector<std::byte> buffer_;
  std::span<std::byte> unread_;     // of the buffer
  std::uint64_t content_left_ = 0;  // of the current entry, in the archive
  std::uint64_t padding_left_ = 0;
  bool ended_ = false;
};

// Throws kCorrupt unless the extents ascend, do not overlap and lie inside `size`.
void check_extents(const std::vector<TarExtent>& extents, std::uint64_t size);
// "offset,size,offset,size": the map of pax sparse format 0.1, and of 0.0 once joined.
std::vector<TarExtent> parse_extents(std::string_view text);

// The extents of a file of `size` bytes, judged by its bytes and not by where its filesystem keeps
// holes (limits::kHole, limits::kExtents), so that equal files have equal maps everywhere. Moves
// the file's offset.
std::vector<TarExtent> find_extents(const sys::Fd& file, std::uint64_t size);

// Whether these first bytes of a stream are a tar header, i.e. whether the checksum holds.
bool is_tar_header(std::span<const std::byte> bytes);

}  // namespace cairn::overlay::internal
