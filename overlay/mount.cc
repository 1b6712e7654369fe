// SPDX-License-Identifier: Apache-2.0
//
// Chooses how to ask the kernel, once per process: fsopen(2) with "lowerdir+" where it is known
// (Linux 6.8), else mount(2). Fills in the second directory that overlayfs insists on.
#include "overlay/mount.h"

#include <sys/stat.h>

#include "base/error.h"
#include "overlay/internal/mount_apis.h"

namespace cairn::overlay {
namespace {

// overlayfs wants at least two directories. An empty one does no harm; it is made next to the real
// one and is removed along with its parent directory.
std::string empty_beside(const std::string& dir) {
  std::string empty = dir + ".empty";
  if (::mkdir(empty.c_str(), 0755) < 0 && errno != EEXIST) {
    throw Error::from_errno(errno, "make directory {}", empty);
  }
  return empty;
}

sys::MountTree mount_request(const internal::OverlayRequest& request) {
  static const bool by_fsopen = internal::has_lowerdir_option();
  return by_fsopen ? internal::mount_by_fsopen(request) : internal::mount_by_option_string(request);
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
  internal::OverlayRequest request{.lowers_top_down = {stack.lowers.rbegin(), stack.lowers.rend()},
                                   .upper = upper,
                                   .is_volatile = upper && durability == Durability::kVolatile};
  std::size_t count = stack.lowers.size();
  if (count == 0) request.lowers_top_down.push_back(empty_beside(upper->workdir));
  if (count == 1 && !upper) request.lowers_top_down.push_back(empty_beside(stack.lowers[0]));
  return mount_request(request);
}

}  // namespace cairn::overlay
