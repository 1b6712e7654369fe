// SPDX-License-Identifier: Apache-2.0
//
// RUN --mount=type=bind, and type=tmpfs, of which the kernel does all.
#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "solver/internal/mount_types.h"

namespace cairn::solver {
namespace {

// A directory or file inside a mount of ours, as a mount of its own. Kernels before 6.15 clone only
// what hangs in our mount namespace, so where they refuse, the tree is hung up for a moment.
sys::MountTree subtree(const Job& job, const sys::MountTree& tree, const std::string& path) {
  sys::RootDir root(sys::reopen(tree.fd(), O_RDONLY | O_DIRECTORY));
  try {
    return sys::clone_tree(root.open_in(path, O_PATH), "", sys::Recursive::kYes);
  } catch (const Error& error) {
    if (error.code() != EINVAL) throw;
  }
  sys::TempDir hook(job.shop.store.tmp_dir(), "hook-");
  tree.attach(sys::open_path(hook.path(), O_PATH), "");
  sys::Mount attached(hook.path());
  sys::RootDir hung = sys::RootDir::open(hook.path());
  return sys::clone_tree(hung.open_in(path, O_PATH), "", sys::Recursive::kYes);
}

// A copy of a local context, since the ignore file must hold, owners must be root, and writes must
// not reach the user's files.
void open_context(const MountRequest& request, const plan::BindMount& bind) {
  auto dir = std::make_shared<sys::TempDir>(request.job.shop.store.tmp_dir(), "bind-");
  sys::chmod_fd(sys::open_path(dir->path(), O_RDONLY), 0755);
  sys::RootDir root = sys::RootDir::open(dir->path());
  copy_from(request.job, bind.from, request.mount, bind.source, root, bind.source);
  request.out.add(request.mount.target, root.open_in(bind.source, O_PATH),
                  sandbox::MountKind::kClone, request.mount.read_only);
  request.out.alive.push_back(dir);
}

}  // namespace

void open_mount(const MountRequest& request, const plan::BindMount& bind) {
  Job& job = request.job;
  if (local_context(job, bind.from) != nullptr) return open_context(request, bind);
  // Writes of a read-write bind go to an upper directory that nobody keeps.
  auto workspace = std::make_shared<Workspace>(job.shop.store, job.results[bind.from].snapshot);
  if (!workspace->root().find_in(bind.source, O_PATH)) throw_no_source(request.mount, bind.source);
  sys::MountTree tree = subtree(job, workspace->release_tree(), bind.source);
  request.out.add(request.mount.target, tree.release(), sandbox::MountKind::kTree,
                  request.mount.read_only);
  request.out.alive.push_back(workspace);
}

// A tmpfs takes the mode of the directory it covers, as with runc; where there is none, all may
// write.
void open_mount(const MountRequest& request, const plan::TmpfsMount& tmpfs) {
  sandbox::MountPoint point{.target = request.mount.target,
                            .kind = sandbox::MountKind::kTmpfs,
                            .read_only = request.mount.read_only,
                            .tmpfs_size = tmpfs.size};
  auto covered = request.root.find_stat(request.mount.target, sys::Follow::kYes);
  if (covered && S_ISDIR(covered->st_mode)) point.tmpfs_mode = covered->st_mode & 07777;
  request.out.points.push_back(std::move(point));
}

}  // namespace cairn::solver
