// SPDX-License-Identifier: Apache-2.0
//
// What overlayfs notes on the files of an upper directory, for rooms that look into one without
// knowing overlayfs.
#pragma once

#include <string_view>

#include "base/sys/fd.h"

namespace cairn::overlay {

// Whether a file of the upper directory was copied up from a layer below. False for a new file.
bool is_copied_up(const sys::Fd& file);

// Whether an extended attribute of that name belongs to overlayfs.
bool is_mark(std::string_view xattr_name);

}  // namespace cairn::overlay
