// SPDX-License-Identifier: Apache-2.0
//
// The digests of single entries, of which those of trees are made.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/sys/fd.h"
#include "cache/stat_index.h"

namespace cairn::cache::internal {

enum class Owners { kCount, kIgnored };

// Type, mode, owner, size, device numbers and link target.
void add_header(Sha256& hash, const struct stat& st, Owners owners, std::string_view link = {});
void add_xattrs(Sha256& hash, const sys::Fd& file);
void add_xattrs(Sha256& hash, const sys::Fd& file, const std::vector<std::string>& names);
// One entry of a directory.
void add_entry(Sha256& hash, std::string_view name, const Digest& digest);

struct FileContent {
  Digest digest;
  FileStamp stamp;
};
// Of a regular file at its start. A file that is written to meanwhile is read again; kHost when
// that does not end.
FileContent file_content(const sys::Fd& file, Owners owners, std::vector<std::byte>& buffer);

Digest symlink_digest(const sys::Fd& dir, const std::string& name, const struct stat& st,
                      Owners owners);
// Of what is neither file, directory nor link.
Digest node_digest(const struct stat& st, Owners owners);

}  // namespace cairn::cache::internal
