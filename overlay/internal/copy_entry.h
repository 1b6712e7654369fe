// SPDX-License-Identifier: Apache-2.0
//
// One entry of a tree being copied: what becomes of a file, a link, a node, and of metadata.
#pragma once

#include <string>

#include "overlay/copy.h"

namespace cairn::overlay::internal {

// Where an entry is and where it goes: names in open directories. Nothing is at the destination.
struct Entry {
  const sys::Fd& source_dir;
  const std::string& source_name;
  const std::string& source_path;  // in the source root, for messages
  const sys::Fd& dest_dir;
  const std::string& dest_name;
};

// What cannot be linked (too many links, gone, another filesystem) is to be copied.
bool try_link(const Twin& twin, const sys::Fd& dest_dir, const std::string& dest_name);
// The source's stat as it was after the last byte was read, if `known` is there to be told.
struct stat copy_file(const Entry& entry, const CopyOptions& options, KnownDirectory* known);
void copy_symlink(const Entry& entry, const struct stat& st, const CopyOptions& options);
// Devices and FIFOs are made anew; a socket has no meaning in an image and becomes an empty file.
void copy_node(const Entry& entry, const struct stat& st, const CopyOptions& options);

// What the options leave of the metadata of a source, and its attributes.
void apply_metadata(const sys::Fd& made, const sys::Fd& source, const struct stat& st,
                    const CopyOptions& options);
void copy_xattrs(const sys::Fd& from, const sys::Fd& to);
// Whether an attribute of that name is copied.
bool travels(std::string_view name);

inline timespec mtime_for(const struct stat& st, const CopyOptions& options) {
  return options.mtime.value_or(st.st_mtim);
}

}  // namespace cairn::overlay::internal
