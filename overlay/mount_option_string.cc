// SPDX-License-Identifier: Apache-2.0
//
// The old mount(2), for kernels before 6.8. Its options must fit a page, which 500 absolute paths
// do not, and it attaches the mount at a path where every thread of the process would see it. So a
// thread unshares the mount namespace, makes short symlinks to all directories on a tmpfs there,
// mounts with those names, and returns a detached clone. The short names also avoid overlayfs's
// escaping rules for ':' and ','.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "base/error.h"
#include "overlay/internal/mount_apis.h"

namespace cairn::overlay::internal {
namespace {

// A directory that never contains a store. It is covered only in the thread's own namespace.
constexpr const char* kStage = "/proc";

void link_as(const std::string& target, const std::string& name) {
  if (::symlink(target.c_str(), name.c_str()) < 0) {
    throw Error::from_errno(errno, "name the layer {}", target);
  }
}

std::string stage_layers(const OverlayRequest& request) {
  std::string options = "userxattr";
  for (std::size_t i = 0; i < request.lowers_top_down.size(); ++i) {
    link_as(request.lowers_top_down[i], std::to_string(i));
    options += (i == 0 ? ",lowerdir=" : ":") + std::to_string(i);
  }
  if (request.upper) {
    link_as(request.upper->upperdir, "u");
    link_as(request.upper->workdir, "w");
    options += ",upperdir=u,workdir=w";
  }
  if (request.is_volatile) options += ",volatile";
  return options;
}

sys::MountTree mount_apart(const OverlayRequest& request) {
  // CLONE_NEWNS demands a working directory not shared with other threads; CLONE_FS gives one.
  if (::unshare(CLONE_FS | CLONE_NEWNS) < 0) {
    throw Error::from_errno(errno, "make a mount namespace for an overlay");
  }
  sys::set_propagation("/", MS_PRIVATE);
  sys::mount_at("tmpfs", kStage, "tmpfs", 0, "mode=0700");
  if (::chdir(kStage) < 0) throw Error::from_errno(errno, "enter {}", kStage);
  // The names are relative: the kernel resolves them from the tmpfs, so each takes a few bytes.
  std::string options = stage_layers(request);
  sys::Fd here = sys::open_path(".", O_PATH | O_DIRECTORY);
  sys::make_dir_at(here, "m", 0700);
  sys::mount_at("overlay", "m", "overlay", request.upper ? 0 : MS_RDONLY, options);
  return sys::clone_tree(here, "m", sys::Recursive::kNo);
}

}  // namespace

sys::MountTree mount_by_option_string(const OverlayRequest& request) {
  // The namespace of a thread ends with the thread; the detached clone outlives it.
  std::packaged_task<sys::MountTree()> task([&] { return mount_apart(request); });
  std::future<sys::MountTree> tree = task.get_future();
  std::jthread(std::move(task)).join();
  return tree.get();
}

}  // namespace cairn::overlay::internal
