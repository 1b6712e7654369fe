// SPDX-License-Identifier: Apache-2.0
//
// The mark is read from the layer directory itself and never through a mount, because overlayfs
// takes names below "user.overlay." as its own and hides them there.
#include "overlay/layer_marks.h"

#include "base/sys/xattr.h"

namespace cairn::overlay {
namespace {

constexpr const char* kReplaces = "user.overlay.cairn.replaces";

}  // namespace

// If the filesystem refuses the attribute, files equal to those below are left out of the layer.
void mark_replacing(const sys::Fd& root) {
  sys::try_set_xattr(root, kReplaces, "y");
}

bool is_replacing(const sys::Fd& root) {
  return sys::find_xattr(root, kReplaces).has_value();
}

}  // namespace cairn::overlay
