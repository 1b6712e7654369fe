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

// What a new file of some mode looks like before its metadata is set: the same for all that one
// thread makes in one directory.
struct NewFile {
  mode_t asked;
  struct stat st;
};

// What cannot be linked (too many links, gone, another filesystem) is to be copied.
bool try_link(const Twin& twin, const sys::Fd& dest_dir, const std::string& dest_name);
// `fd` is of a file that is still one, or this fails.
OpenFile look_at(sys::Fd fd, const std::string& source_path);
// `last` is what the last one here came out as. `known` may be null, and learns nothing but the
// bytes.
void copy_file(const Entry& entry, const OpenFile& source, const CopyOptions& options,
               KnownDirectory* known, std::optional<NewFile>& last);
void copy_symlink(const Entry& entry, const struct stat& st, const CopyOptions& options);
// Devices and FIFOs are made anew; a socket has no meaning in an image and becomes an empty file.
void copy_node(const Entry& entry, const struct stat& st, const CopyOptions& options);

// What the options leave of the metadata of a source directory, and its attributes.
void apply_metadata(const sys::Fd& made, const sys::Fd& source, const struct stat& st,
                    const CopyOptions& options);
void copy_xattrs(const sys::Fd& from, const sys::Fd& to);
// Whether an attribute of that name is copied.
bool travels(std::string_view name);

inline timespec mtime_for(const struct stat& st, const CopyOptions& options) {
  return options.mtime.value_or(st.st_mtim);
}

}  // namespace cairn::overlay::internal
