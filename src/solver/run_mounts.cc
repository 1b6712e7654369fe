// SPDX-License-Identifier: Apache-2.0
#include "solver/run_mounts.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/text.h"
#include "cache/content_digest.h"
#include "overlay/copy.h"
#include "solver/copy_sources.h"

namespace cairn::solver {
namespace {

const source::LocalContext* local_context(const Job& job, plan::VertexId from) {
  const auto* local = std::get_if<plan::LocalOp>(&job.plan.vertices[from].op);
  return local == nullptr ? nullptr : &job.shop.contexts.at(local->name);
}

[[noreturn]] void throw_no_source(const plan::RunMount& mount) {
  throw Error::of(ErrorKind::kDockerfile, "--mount target={}: source \"{}\" not found",
                  mount.target, mount.source);
}

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

// What of a local context a bind mount shows: a copy, since the ignore file must hold, owners must
// be root, and writes must not reach the user's files.
std::shared_ptr<sys::TempDir> copy_of_context(const Job& job, const source::LocalContext& context,
                                              const plan::RunMount& mount) {
  SourceTree tree{context.root, context.filter.get()};
  if (!is_selectable(tree, mount.source)) throw_no_source(mount);
  auto dir = std::make_shared<sys::TempDir>(job.shop.store.tmp_dir(), "bind-");
  sys::chmod_fd(sys::open_path(dir->path(), O_RDONLY), 0755);
  sys::RootDir root = sys::RootDir::open(dir->path());
  overlay::CopyOptions options{
      .owner = overlay::Owner{}, .mode = {}, .filter = context.filter.get(), .stop = job.stop};
  overlay::TreeCopier(context.root, root, options).copy(mount.source, mount.source);
  return dir;
}

void open_bind(Job& job, const plan::RunMount& mount, StepMounts& out) {
  if (const source::LocalContext* context = local_context(job, *mount.from)) {
    auto dir = copy_of_context(job, *context, mount);
    sys::RootDir root = sys::RootDir::open(dir->path());
    out.add(mount.target, root.open_in(mount.source, O_PATH), sandbox::MountKind::kClone,
            mount.read_only);
    out.alive.push_back(dir);
    return;
  }
  // Writes of a read-write bind go to an upper directory that nobody keeps.
  auto workspace = std::make_shared<Workspace>(job.shop.store, job.results[*mount.from].snapshot);
  if (!workspace->root().find_in(mount.source, O_PATH)) throw_no_source(mount);
  sys::MountTree tree = subtree(job, workspace->release_tree(), mount.source);
  out.add(mount.target, tree.release(), sandbox::MountKind::kTree, mount.read_only);
  out.alive.push_back(workspace);
}

// --- cache mounts: directories of the store that outlive builds, named by the digest of their id,
// so that no id is ever a path ---

std::string cache_dir(const Job& job, const std::string& id, int copy) {
  std::string name = Digest::of(id).hex();
  if (copy > 0) name += fmt::format("-{}", copy);
  return job.shop.store.cache_mounts_dir() + "/" + name;
}

void seed(Job& job, const plan::RunMount& mount, const std::string& dir) {
  std::string fresh = dir + ".new";
  sys::remove_tree(fresh);
  sys::make_dirs(fresh, 0700);
  sys::RootDir root = sys::RootDir::open(fresh);
  if (mount.from) {
    View view(job.shop.store, job.results[*mount.from].snapshot);
    if (!view.root().find_in(mount.source, O_PATH)) throw_no_source(mount);
    overlay::TreeCopier(view.root(), root,
                        {.owner = {}, .mode = {}, .filter = nullptr, .stop = job.stop})
        .copy(mount.source, "/");
  }
  sys::chown_at(root.fd(), "", mount.uid, mount.gid);
  sys::chmod_fd(root.fd(), mount.mode);
  sys::rename_path(fresh, dir);
}

// The lock that the sharing mode asks for; a private mount takes the first copy that is free.
std::pair<sys::FileLock, std::string> lock_cache(const Job& job, const plan::RunMount& mount) {
  using Mode = sys::FileLock::Mode;
  for (int copy = 0;; ++copy) {
    std::string dir = cache_dir(job, mount.cache_id, copy);
    std::string lock = dir + ".lock";
    switch (mount.sharing) {
      case plan::CacheSharing::kShared: return {sys::FileLock::take(lock, Mode::kShared), dir};
      case plan::CacheSharing::kLocked: return {sys::FileLock::take(lock, Mode::kExclusive), dir};
      case plan::CacheSharing::kPrivate:
        if (auto taken = sys::FileLock::try_take(lock, Mode::kExclusive)) {
          return {std::move(*taken), dir};
        }
    }
  }
}

void open_cache(Job& job, const plan::RunMount& mount, StepMounts& out) {
  auto [taken, dir] = lock_cache(job, mount);
  {
    sys::FileLock making = sys::FileLock::take(dir + ".make", sys::FileLock::Mode::kExclusive);
    if (!sys::exists(dir)) seed(job, mount, dir);
  }
  out.add(mount.target, sys::open_path(dir, O_PATH | O_DIRECTORY), sandbox::MountKind::kClone,
          mount.read_only);
  out.alive.push_back(std::make_shared<sys::FileLock>(std::move(taken)));
}

}  // namespace

void StepMounts::add(std::string target, sys::Fd fd, sandbox::MountKind kind, bool read_only) {
  points.push_back(
      {.target = std::move(target), .kind = kind, .fd_index = fds.size(), .read_only = read_only});
  fds.push_back(std::move(fd));
}

StepMounts open_run_mounts(Job& job, const plan::RunOp& op) {
  StepMounts out;
  for (const plan::RunMount& mount : op.mounts) {
    ErrorContext while_here([&] { return "mounting " + mount.target; });
    if (mount.kind == plan::MountKind::kBind) {
      open_bind(job, mount, out);
    } else {
      open_cache(job, mount, out);
    }
  }
  return out;
}

std::vector<std::string> mount_definitions(const Job& job, const plan::RunOp& op) {
  std::vector<std::string> out;
  for (const plan::RunMount& mount : op.mounts) {
    if (mount.kind != plan::MountKind::kBind) continue;
    if (local_context(job, *mount.from) != nullptr) return mount_contents(job, op);
    out.push_back("from " + job.results[*mount.from].key.str());
  }
  return out;
}

std::vector<std::string> mount_contents(const Job& job, const plan::RunOp& op) {
  std::vector<std::string> out;
  for (const plan::RunMount& mount : op.mounts) {
    if (mount.kind != plan::MountKind::kBind) continue;
    if (const source::LocalContext* context = local_context(job, *mount.from)) {
      if (!is_selectable({context->root, context->filter.get()}, mount.source)) {
        throw_no_source(mount);
      }
      cache::ContentOptions options{
          .filter = context->filter.get(), .ignore_owner = true, .stop = job.stop};
      out.push_back(cache::content_digest(context->root, mount.source, options).str());
      continue;
    }
    View view(job.shop.store, job.results[*mount.from].snapshot);
    if (!view.root().find_in(mount.source, O_PATH)) throw_no_source(mount);
    cache::ContentOptions options{.filter = nullptr, .ignore_owner = false, .stop = job.stop};
    out.push_back(cache::content_digest(view.root(), mount.source, options).str());
  }
  return out;
}

}  // namespace cairn::solver
