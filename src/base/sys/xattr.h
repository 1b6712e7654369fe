// SPDX-License-Identifier: Apache-2.0
//
// Extended attributes (xattr(7)) of an open file. Descriptors opened with O_PATH work too,
// including those of symlinks and device nodes, which cannot be opened otherwise. Failures throw
// kHost.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sys/fd.h"

namespace cairn::sys {

using Xattrs = std::vector<std::pair<std::string, std::string>>;  // sorted by name

// Names in sorted order. Empty on a filesystem without attributes.
std::vector<std::string> list_xattrs(const Fd& fd);
// nullopt when the attribute is not set or the filesystem does not support it.
std::optional<std::string> find_xattr(const Fd& fd, const char* name);
bool has_xattr(const char* path, const char* name);  // of a path that is trusted
void set_xattr(const Fd& fd, const char* name, std::string_view value);
// False when the filesystem, the file type or our permissions do not allow the attribute.
bool try_set_xattr(const Fd& fd, const char* name, std::string_view value);
void remove_xattr(const Fd& fd, const char* name);  // a missing one is no error

}  // namespace cairn::sys
