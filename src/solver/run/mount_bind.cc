// SPDX-License-Identifier: Apache-2.0
//
// RUN --mount=type=bind and type=tmpfs. A bind from a stage is an overlay of its own, so that
// writes are possible and thrown away. A bind from the build context is a copy, as the kernel
// cannot apply an ignore file or change owners in a bind mount.
#include <fcntl.h>
#include <sys/stat.h>

#include "base/attempt.h"
#include "base/error.h"
#include "solver/run/mount_types.h"

namespace cairn::solver {
namespace {

// Clones a directory or file inside a detached mount as a mount of its own. Kernels before 6.15
// clone only from mounts attached in our namespace (EINVAL), so the tree is attached for a moment
// there.
sys::MountTree subtree(const Job& job, const sys::MountTree& tree, const std::string& path) {
  sys::RootDir root(sys::reopen(tree.fd(), O_RDONLY | O_DIRECTORY));
  std::optional<sys::MountTree> cloned = unless_errno(EINVAL, [&] {
    return sys::clone_tree(root.open_in(path, O_PATH), "", sys::Recursive::kYes);
  });
  if (cloned) return std::move(*cloned);
  sys::TempDir hook(job.services.store.tmp_dir(), "hook-");
  tree.attach(sys::open_path(hook.path(), O_PATH), "");
  sys::Mount attached(hook.path());
  sys::RootDir hung = sys::RootDir::open(hook.path());
  return sys::clone_tree(hung.open_in(path, O_PATH), "", sys::Recursive::kYes);
}

// Binds a copy of a local context: the ignore file must apply, owners must be root, and writes must
// not reach the user's files.
void open_context(const MountRequest& request, const plan::BindMount& bind) {
  auto dir = std::make_shared<sys::TempDir>(request.job.services.store.tmp_dir(), "bind-");
  sys::chmod_fd(sys::open_path(dir->path(), O_RDONLY), 0755);
  sys::RootDir root = sys::RootDir::open(dir->path());
  copy_from(request.job, bind.from, request.mount, bind.source, root, bind.source);
  request.out.add(request.mount.target, root.open_in(bind.source, O_PATH),
                  sandbox::MountKind::kClone, access_of(request.mount));
  request.out.alive.push_back(dir);
}

}  // namespace

void open_mount(const MountRequest& request, const plan::BindMount& bind) {
  Job& job = request.job;
  if (local_context(job, bind.from) != nullptr) return open_context(request, bind);
  // Writes of a read-write bind go to an upper directory that is discarded.
  auto active = std::shared_ptr<ActiveSnapshot>(
      job.services.snapshotter.prepare(job.results[bind.from].snapshot));
  if (!active->root().find_in(bind.source, O_PATH)) throw_no_source(request.mount, bind.source);
  sys::MountTree tree = subtree(job, active->release_tree(), bind.source);
  request.out.add(request.mount.target, tree.release(), sandbox::MountKind::kTree,
                  access_of(request.mount));
  request.out.alive.push_back(active);
}

// A tmpfs takes the mode of the directory it covers, as in runc; without one, it is world-writable.
void open_mount(const MountRequest& request, const plan::TmpfsMount& tmpfs) {
  sandbox::MountPoint point{.target = request.mount.target,
                            .kind = sandbox::MountKind::kTmpfs,
                            .read_only = request.mount.read_only,
                            .tmpfs_size = tmpfs.size};
  auto covered = request.root.find_stat(request.mount.target, sys::Follow::kYes);
  if (covered && S_ISDIR(covered->st_mode)) point.tmpfs_mode = covered->st_mode & 07777;
  request.out.list.push_back({.point = std::move(point), .fd = {}});
}

}  // namespace cairn::solver
