// SPDX-License-Identifier: Apache-2.0
#include "overlay/mount.h"

#include <fcntl.h>
#include <sys/mount.h>

#include "overlay/internal/mount_apis.h"

namespace cairn::overlay {
namespace {

sys::MountTree clone_read_only(const std::string& lower) {
  sys::Fd dir = sys::open_path(lower, O_PATH | O_DIRECTORY);
  sys::MountTree tree = sys::clone_tree(dir, "", sys::Recursive::kNo);
  sys::add_mount_attributes(tree.fd(), "", MOUNT_ATTR_RDONLY, sys::Recursive::kNo);
  return tree;
}

sys::MountTree mount_request(const internal::OverlayRequest& request) {
  static const bool by_fsopen = internal::has_lowerdir_option();
  return by_fsopen ? internal::mount_by_fsopen(request)
                   : internal::mount_by_option_string(request);
}

}  // namespace

sys::MountTree mount_overlay(const LayerStack& stack, const std::optional<Upper>& upper,
                             Durability durability) {
  CAIRN_ASSERT(upper || !stack.lowers.empty(), "an overlay of nothing");
  if (stack.lowers.size() > kMaxLowers) {
    throw Error::of(ErrorKind::kLimit, "{} layers in one root; the kernel's overlayfs takes {}",
                    stack.lowers.size(), kMaxLowers)
        .with_hint("put commands together, or start a new stage with COPY --from=... / /");
  }
  if (!upper && stack.lowers.size() == 1) return clone_read_only(stack.lowers[0]);
  internal::OverlayRequest request{
      .lowers_top_down = {stack.lowers.rbegin(), stack.lowers.rend()},
      .upper = upper,
      .is_volatile = upper && durability == Durability::kVolatile};
  if (request.lowers_top_down.empty()) {
    request.lowers_top_down.push_back(upper->workdir + ".empty");
    sys::make_dirs(request.lowers_top_down[0], 0755);
  }
  return mount_request(request);
}

}  // namespace cairn::overlay
