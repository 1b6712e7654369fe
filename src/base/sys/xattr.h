// SPDX-License-Identifier: Apache-2.0
//
// Extended attributes of an open file. Descriptors opened with O_PATH work too, among them those of
// symlinks and device nodes, which no other open can give.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sys/fd.h"

namespace cairn::sys {

using Xattrs = std::vector<std::pair<std::string, std::string>>;  // sorted by name

// Names in order. A filesystem without attributes has none.
std::vector<std::string> list_xattrs(const Fd& fd);
// Nothing where the attribute, or the filesystem's support for it, is missing.
std::optional<std::string> find_xattr(const Fd& fd, const char* name);
void set_xattr(const Fd& fd, const char* name, std::string_view value);
// False where the filesystem, the file type or our rights do not allow this attribute.
bool try_set_xattr(const Fd& fd, const char* name, std::string_view value);
void remove_xattr(const Fd& fd, const char* name);  // a missing one is no error

}  // namespace cairn::sys
