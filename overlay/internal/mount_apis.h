// SPDX-License-Identifier: Apache-2.0
//
// The two ways to ask the kernel for an overlay, behind mount_overlay().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/sys/mount.h"
#include "overlay/layer_stack.h"

namespace cairn::overlay::internal {

// An overlay to mount; lowers run from the top down, as overlayfs counts them.
struct OverlayRequest {
  std::vector<std::string> lowers_top_down;
  std::optional<Upper> upper;
  bool is_volatile = false;
};

// fsopen(2) with one "lowerdir+" option a layer (Linux 6.8).
bool has_lowerdir_option();
sys::MountTree mount_by_fsopen(const OverlayRequest& request);

// mount(2) with all layers in one option string of at most a page, then open_tree(2).
sys::MountTree mount_by_option_string(const OverlayRequest& request);

}  // namespace cairn::overlay::internal
