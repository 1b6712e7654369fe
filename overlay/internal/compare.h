// SPDX-License-Identifier: Apache-2.0
//
// Whether an entry of an upper directory differs from the entry below.
#pragma once

#include <cstdint>
#include <optional>

#include "overlay/change.h"
#include "overlay/internal/overlay_xattrs.h"

namespace cairn::overlay::internal {

// The metadata of `st` as a change; content, link target and attributes are not filled in.
Change describe(std::string path, const struct stat& st);

// Whether `below` has an entry of this name with the same metadata. Attributes and content are not
// compared; only if this holds are they worth reading.
bool is_like_below(const Change& change, const sys::Fd& below, const char* name);
// Compares the rest: link target, attributes and content. `file` is the open regular file of
// `change`, or empty; it is left at its start.
bool same_as_below(const Change& change, const sys::Fd& file, const sys::Fd& below,
                   const char* name, XattrForm below_view);
// Compares directories, by mode, owner, time and attributes. Times are compared as a layer stores
// them, in whole seconds and no later than `clamp`: the directory below may have been made here or
// may come from a layer, and the answer must not depend on which.
bool same_directory(const Change& change, const sys::Fd& below, XattrForm below_view,
                    const Clamp& clamp);

}  // namespace cairn::overlay::internal
