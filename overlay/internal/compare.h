// SPDX-License-Identifier: Apache-2.0
//
// Whether an entry of an upper directory says anything that the tree below does not say already.
#pragma once

#include "overlay/change.h"
#include "overlay/internal/marks.h"

namespace cairn::overlay::internal {

// What a tree holds under a name, without its content.
Change describe(std::string path, const struct stat& st);

// Whether `below` has the name for something of the same metadata, attributes and content apart:
// only then is there anything to look closer at.
bool is_like_below(const Change& change, const sys::Fd& below, const char* name);
// `file` is the open regular file of `change`, or empty.
bool same_as_below(const Change& change, const sys::Fd& file, const sys::Fd& below,
                   const char* name, View below_view);
// The same for directories, by mode, owner and attributes.
bool same_directory(const Change& change, const sys::Fd& below, View below_view);

}  // namespace cairn::overlay::internal
