// SPDX-License-Identifier: Apache-2.0
//
// RUN --mount=type=cache: directories in the store that outlive builds. Their names are the digest
// of their id, so an id is never used as a path. Locks are taken before any mount of the line is
// opened, and are held until the step ends; a second, short lock guards the making of a directory.
#include <fcntl.h>

#include "base/error.h"
#include "base/sys/ids.h"
#include "solver/run/mount_types.h"

namespace cairn::solver {
namespace {

using Mode = sys::FileLock::Mode;

std::string seed_of(const Job& job, const plan::CacheMount& cache) {
  const auto* local = std::get_if<plan::LocalOp>(&job.plan.vertices[*cache.from].op);
  return (local != nullptr ? "context " + local->name : job.results[*cache.from].key.str()) + " " +
         cache.source;
}

// As in BuildKit, caches with different initial trees or owners are different caches: all users of
// a cache can rely on what was asked for at its creation.
std::string name_of(const Job& job, const plan::CacheMount& cache) {
  std::string name = cache.id;
  if (cache.from) name += fmt::format("\nfrom {}", seed_of(job, cache));
  if ((cache.mode || cache.uid || cache.gid) && (cache.from || cache.source == "/")) {
    name += fmt::format("\n{:o} {}:{}", cache.mode.value_or(0755), cache.uid.value_or(0),
                        cache.gid.value_or(0));
  }
  return Digest::of(name).hex();
}

// Creates the directory under another name and renames it, so that nobody sees it half made.
void make(const Job& job, const plan::RunMount& mount, const plan::CacheMount& cache,
          const std::string& dir) {
  std::string fresh = dir + ".new";
  sys::remove_tree(fresh);
  sys::make_dirs(fresh, 0700);
  sys::RootDir root = sys::RootDir::open(fresh);
  struct stat st = sys::stat_of(root.fd());
  st.st_mode = 0755;
  st.st_uid = st.st_gid = 0;
  if (cache.from) {
    copy_from(job, *cache.from, mount, cache.source, root, "/");
    if (local_context(job, *cache.from) == nullptr) {
      auto view = job.services.snapshotter.view(job.results[*cache.from].snapshot);
      st = sys::stat_of(view->root().open_in(cache.source, O_PATH));
    }
  }
  sys::chown_at(root.fd(), "",
                {.uid = cache.uid.value_or(st.st_uid), .gid = cache.gid.value_or(st.st_gid)});
  sys::chmod_fd(root.fd(), cache.mode.value_or(st.st_mode & 07777));
  sys::rename_path(fresh, dir);
}

// Takes the lock of the sharing mode: exclusive for locked, shared for shared. A private mount
// takes the first copy of the cache that no other step uses.
std::pair<sys::FileLock, std::string> take_lock(const Job& job, const plan::CacheMount& cache,
                                                const std::string& name) {
  std::string path = job.services.store.cache_mounts_dir() + "/" + name;
  if (cache.sharing != plan::CacheSharing::kPrivate) {
    Mode mode = cache.sharing == plan::CacheSharing::kLocked ? Mode::kExclusive : Mode::kShared;
    auto taken = wait_for(
        job, [&] { return sys::FileLock::try_lock(path + ".lock", mode); }, [] {});
    return {std::move(*taken), path};
  }
  for (int copy = 0;; ++copy) {
    std::string dir = copy == 0 ? path : fmt::format("{}-{}", path, copy);
    if (auto taken = sys::FileLock::try_lock(dir + ".lock", Mode::kExclusive)) {
      return {std::move(*taken), dir};
    }
  }
}

}  // namespace

// One lock per cache, even if the line mounts it twice, and in the order of names for all steps, so
// that no step waits for itself and no two wait for each other.
void lock_caches(Job& job, const plan::RunOp& op, StepMounts& out) {
  std::map<std::string, const plan::CacheMount*> wanted;
  for (const plan::RunMount& mount : op.mounts) {
    const auto* cache = std::get_if<plan::CacheMount>(&mount.what);
    if (cache != nullptr) wanted.emplace(name_of(job, *cache), cache);
  }
  for (const auto& [name, cache] : wanted) {
    auto [taken, dir] = take_lock(job, *cache, name);
    out.caches.emplace(name, std::move(dir));
    out.alive.push_back(std::make_shared<sys::FileLock>(std::move(taken)));
  }
}

void open_mount(const MountRequest& request, const plan::CacheMount& cache) {
  Job& job = request.job;
  const std::string& dir = request.out.caches.at(name_of(job, cache));
  {
    sys::FileLock making = sys::FileLock::lock(dir + ".make", Mode::kExclusive);
    if (!sys::exists(dir)) make(job, request.mount, cache, dir);
  }
  job.services.store.cache_mounts().note_use(dir.substr(dir.rfind('/') + 1), cache.id);
  // The content of a cache is as untrusted as an image: resolve symlinks beneath its top.
  std::string shown = cache.from ? "/" : cache.source;
  std::optional<sys::Fd> fd = sys::RootDir::open(dir).find_in(shown, O_PATH);
  if (!fd) throw_no_source(request.mount, shown);
  request.out.add(request.mount.target, std::move(*fd), sandbox::MountKind::kClone,
                  access_of(request.mount));
}

}  // namespace cairn::solver
