// SPDX-License-Identifier: Apache-2.0
//
// The marks overlayfs leaves in a layer directory, and which extended attributes are a layer's own.
//
// Marks come in several spellings. Whiteouts are 0/0 character devices or, since Linux 6.7, empty
// files with an "overlay.whiteout" attribute inside a directory marked opaque=x (for stores where
// mknod is refused). Attributes live below "user." with the userxattr option and below "trusted."
// without. We write the first of each where we can, and read all.
#pragma once

#include <string>
#include <string_view>

#include "base/sys/xattr.h"

namespace cairn::overlay::internal {

enum class Opacity {
  kNone,
  kOpaque,          // hides everything that lower layers have in this directory
  kHoldsWhiteouts,  // "x": empty files in it may be whiteouts
};

bool is_whiteout_device(const struct stat& st);
// For an empty regular file in a directory that kHoldsWhiteouts.
bool has_whiteout_mark(const sys::Fd& dir, const char* name);
void make_whiteout(const sys::Fd& dir, const char* name);

Opacity opacity(const sys::Fd& dir);
void make_opaque(const sys::Fd& dir);

// How a tree shows its attributes: a layer directory itself carries overlayfs's own, and escapes
// those that belong to the image ("user.overlay.overlay.x" stands for "user.overlay.x"); an overlay
// mount hides the former and unescapes the latter.
enum class View { kLayer, kMerged };

// The attributes of a file that a layer records: user.* and the file capability, in the form that
// means the same on every host. Throws for a file whose data or name lies elsewhere (metacopy,
// redirect): only layers that other tools made have those.
sys::Xattrs image_xattrs(const sys::Fd& file, View view);

// The name under which an image's attribute is kept in a layer directory; "" for one not kept.
std::string stored_xattr_name(std::string_view name);

// VFS_CAP_REVISION_3 binds a capability to the user namespace that set it, by its root id. Images
// carry revision 2, which the kernel turns into 3 where needed. Other values pass unchanged.
std::string portable_capability(std::string value);

}  // namespace cairn::overlay::internal
