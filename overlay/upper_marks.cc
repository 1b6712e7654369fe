// SPDX-License-Identifier: Apache-2.0
//
// overlayfs notes on each copied-up file where it came from, in an attribute "overlay.origin"
// (Documentation/filesystems/overlayfs.rst). It is below "user." with the userxattr option and
// below "trusted." without.
#include "overlay/upper_marks.h"

#include "base/sys/xattr.h"

namespace cairn::overlay {

bool is_copied_up(const sys::Fd& file) {
  return sys::find_xattr(file, "user.overlay.origin").has_value() ||
         sys::find_xattr(file, "trusted.overlay.origin").has_value();
}

bool is_mark(std::string_view xattr_name) {
  return xattr_name.starts_with("user.overlay.") || xattr_name.starts_with("trusted.overlay.");
}

}  // namespace cairn::overlay
