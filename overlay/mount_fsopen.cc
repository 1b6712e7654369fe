// SPDX-License-Identifier: Apache-2.0
//
// The new mount API. Each layer is an option of its own, so there is neither mount(2)'s limit of
// one page for all options, nor a special meaning of ':' in them.
#include <fcntl.h>
#include <sys/mount.h>

#include "base/error.h"
#include "overlay/internal/mount_apis.h"

namespace cairn::overlay::internal {
namespace {

// fsconfig(2) takes values of at most 255 bytes, and overlayfs reads '\' as an escape in some
// options only. A path that either rule affects is passed as /proc/self/fd/N instead.
class PathNames {
 public:
  std::string name(const std::string& path) {
    if (path.size() < 256 && path.find_first_of("\\:,") == std::string::npos) return path;
    held_.push_back(sys::open_path(path, O_PATH | O_DIRECTORY));
    return fmt::format("/proc/self/fd/{}", held_.back().get());
  }

 private:
  std::vector<sys::Fd> held_;
};

}  // namespace

bool has_lowerdir_option() {
  // Kernels that do not know the option refuse it here, before anything is mounted.
  sys::Fd context(::fsopen("overlay", FSOPEN_CLOEXEC));
  return context && ::fsconfig(context.get(), FSCONFIG_SET_STRING, "lowerdir+", "/", 0) == 0;
}

sys::MountTree mount_by_fsopen(const OverlayRequest& request) {
  PathNames paths;
  sys::MountOptions options{{"userxattr", ""}};
  for (const std::string& lower : request.lowers_top_down) {
    options.emplace_back("lowerdir+", paths.name(lower));
  }
  if (request.upper) {
    options.emplace_back("upperdir", paths.name(request.upper->upperdir));
    options.emplace_back("workdir", paths.name(request.upper->workdir));
  }
  if (request.is_volatile) options.emplace_back("volatile", "");
  return sys::new_filesystem("overlay", options, request.upper ? 0 : MOUNT_ATTR_RDONLY);
}

}  // namespace cairn::overlay::internal
