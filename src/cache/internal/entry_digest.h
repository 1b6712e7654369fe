// SPDX-License-Identifier: Apache-2.0
//
// The digests of single entries, which make up those of trees. Pure functions of their input, so
// thread-safe.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/sys/fd.h"
#include "cache/stat_index.h"

namespace cairn::cache::internal {

enum class Owners { kCount, kIgnored };

// Hashes type, mode, owner, size, device numbers and link target.
void add_header(Sha256& hash, const struct stat& st, Owners owners, std::string_view link = {});
void add_xattrs(Sha256& hash, const sys::Fd& file);
void add_xattrs(Sha256& hash, const sys::Fd& file, const std::vector<std::string>& names);
// Hashes one entry of a directory.
void add_entry(Sha256& hash, std::string_view name, const Digest& digest);

// Hashes the bytes of a file of `size`, in order. From limits::kSparseFile on, limits::kHole zero
// bytes at a multiple of that size count as a hole, whether or not the filesystem stores one; so
// the digest does not depend on the filesystem, and holes need not be read. Smaller files are
// hashed as they are.
class ContentHash {
 public:
  ContentHash(Sha256& hash, std::uint64_t size);
  void add(std::span<const std::byte> bytes);
  void add_hole(std::uint64_t size);  // call it only at a multiple of limits::kHole
  void finish();

 private:
  void end_chunk();
  void end_hole();

  Sha256& hash_;
  std::vector<std::byte> chunk_;  // empty for files hashed as they are
  std::size_t filled_ = 0;
  std::uint64_t hole_ = 0;
};

struct FileContent {
  Digest digest;
  FileStamp stamp;
};
// The content of a regular file, read from its start. If it changes while it is read, it is read
// again; throws kHost if that does not end.
FileContent file_content(const sys::Fd& file, Owners owners, std::vector<std::byte>& buffer);

Digest symlink_digest(const sys::Fd& dir, const std::string& name, const struct stat& st,
                      Owners owners);
// The digest of a device, FIFO or socket.
Digest node_digest(const struct stat& st, Owners owners);

}  // namespace cairn::cache::internal
