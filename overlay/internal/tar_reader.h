// SPDX-License-Identifier: Apache-2.0
//
// Tar bytes to entries: V7, ustar, pax and GNU forms, sparse files in all four of theirs, read in
// one pass with bounded memory. Names are bytes and nothing is converted; where formats leave room
// we read as Go's archive/tar does, since that is what the writers of layers test with. Everything
// read is hostile: whatever does not hold together is kCorrupt.
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
#include "overlay/internal/tar_format.h"

namespace cairn::overlay::internal {

// A stretch of a sparse file that has bytes; between them are holes.
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
  std::optional<std::vector<TarExtent>> extents;  // of sparse files, in order
};

class TarReader {
 public:
  explicit TarReader(ByteSource& source);

  // The next entry; nothing after the last one. What is left of the one before is skipped.
  std::optional<TarEntry> next();
  // The next piece of the current entry's content as stored, holes left out, of at most `limit`
  // bytes: never empty, kCorrupt when there is no more. Valid until the next call.
  std::span<const std::byte> take(std::uint64_t limit);
  // Reads the source to its end: its digest covers what follows the archive, too.
  void drain();

 private:
  using Records = std::map<std::string, std::string>;

  std::span<std::byte> fill();
  bool read_exactly(std::span<char> into);
  bool read_block(TarBlock& block);
  std::string read_special(std::uint64_t size);
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

// Throws kCorrupt unless extents are in order, apart and inside `size`.
void check_extents(const std::vector<TarExtent>& extents, std::uint64_t size);
// "offset,size,offset,size": the map of pax sparse format 0.1, and of 0.0 once joined.
std::vector<TarExtent> parse_extents(std::string_view text);

// Whether these first bytes of a stream are a tar header: its checksum holds.
bool is_tar_header(std::span<const std::byte> bytes);

}  // namespace cairn::overlay::internal
