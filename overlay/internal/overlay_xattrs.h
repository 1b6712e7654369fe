// SPDX-License-Identifier: Apache-2.0
//
// The marks overlayfs leaves in a layer directory, and which extended attributes belong to the
// image.
//
// Marks come in several spellings. A whiteout is a 0/0 character device or, since Linux 6.7, an
// empty file with an "overlay.whiteout" attribute inside a directory marked opaque=x (for stores
// where mknod(2) is refused). Attributes are below "user." with the userxattr option and below
// "trusted." without. We write the first of each where we can, and read all
// (Documentation/filesystems/overlayfs.rst).
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
// For an empty regular file in a kHoldsWhiteouts directory.
bool has_whiteout_mark(const sys::Fd& dir, const char* name);
void make_whiteout(const sys::Fd& dir, const char* name);

Opacity opacity(const sys::Fd& dir);
void make_opaque(const sys::Fd& dir);

// How a tree shows its attributes. A layer directory has overlayfs's own, and escapes those of the
// image ("user.overlay.overlay.x" stands for "user.overlay.x"). An overlay mount hides the former
// and unescapes the latter.
enum class XattrForm { kLayer, kMounted };

// The attributes of a file that go into a layer: user.* and the file capability, in a form that
// means the same on every host. Throws kHost for a file whose data or name lies elsewhere
// (metacopy, redirect); only layers made by other tools have those.
sys::Xattrs image_xattrs(const sys::Fd& file, XattrForm view);

// The name under which a layer directory keeps an image's attribute; "" if it is not kept.
std::string stored_xattr_name(std::string_view name);

// A VFS_CAP_REVISION_3 capability names the root id of the user namespace that set it
// (capabilities(7)). Images carry revision 2, which the kernel turns into 3 where needed. Other
// values pass unchanged.
std::string portable_capability(std::string value);

}  // namespace cairn::overlay::internal
