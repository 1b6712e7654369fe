// SPDX-License-Identifier: Apache-2.0
//
// Copies one entry of a tree - a file, a symlink, a device - with its metadata.
#pragma once

#include <string>

#include "overlay/copy.h"

namespace cairn::overlay::internal {

// Where an entry is and where it goes: names in open directories. The destination name is free.
struct Entry {
  const sys::Fd& source_dir;
  const std::string& source_name;
  const std::string& source_path;  // in the source root, for messages
  const sys::Fd& dest_dir;
  const std::string& dest_name;
};

// stat(2) of a newly made file before its metadata is set. It is the same for all files with one
// mode that a thread makes in one directory, so one stat(2) serves them all.
struct FreshInode {
  mode_t asked;
  struct stat st;
};

// False if the file cannot be linked (too many links, gone, another filesystem): then copy it.
bool try_link(const LinkTarget& twin, const sys::Fd& dest_dir, const std::string& dest_name);
// Reads metadata and attribute names. Throws kHost if `fd` is no longer a regular file.
OpenFile look_at(sys::Fd fd, const std::string& source_path);
// `last` caches the FreshInode of the previous file in this directory. `known` may be null; only
// its reader_of() is called.
void copy_file(const Entry& entry, const OpenFile& source, const CopyOptions& options,
               KnownDirectory* known, std::optional<FreshInode>& last);
void copy_symlink(const Entry& entry, const struct stat& st, const CopyOptions& options);
// Devices and FIFOs are made anew; a socket has no meaning in an image and becomes an empty file.
void copy_node(const Entry& entry, const struct stat& st, const CopyOptions& options);

// Sets the metadata of a source directory as the options change it, and its attributes.
void apply_metadata(const sys::Fd& made, const sys::Fd& source, const struct stat& st,
                    const CopyOptions& options);
void copy_xattrs(const sys::Fd& from, const sys::Fd& to);
// Whether an attribute of that name is copied.
bool travels(std::string_view name);

inline Timestamp mtime_for(const struct stat& st, const CopyOptions& options) {
  return options.mtime.value_or(timestamp_of(st.st_mtim));
}

}  // namespace cairn::overlay::internal
