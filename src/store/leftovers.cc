// SPDX-License-Identifier: Apache-2.0
//
// Names decide what may be touched: only what is named exactly as cairn names it. Locks decide
// when; a lease being created has no lock yet, so there its age decides. The lease of a dead
// process is removed last, so that the next sweep continues one that was stopped.
#include "store/internal/leftovers.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <ctime>
#include <string_view>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/file.h"
#include "base/sys/remove_tree.h"

namespace cairn::store {
namespace {

// Prefixes of temporary names that older versions used in tmp/ itself, while holding ROOT/lock
// shared.
constexpr std::string_view kOldNames[] = {"bind-",    "context-", "empty-", "etc-",   "git-",
                                          "hook-",    "layer-",   "load-",  "probe-", "script-",
                                          "secrets-", "ssh-",     "step-",  "tmp-",   "trash-"};
// Seconds. Creating a lease takes microseconds, from mkostemp(3) to the rename.
constexpr std::time_t kPatience = 60;

constexpr std::size_t kSnapshotId = 12;
constexpr std::size_t kHexDigest = 64;

// PREFIX followed by exactly `length` letters and digits.
bool is_made_name(std::string_view name, std::string_view prefix, std::size_t length) {
  return name.starts_with(prefix) && name.size() == prefix.size() + length &&
         std::ranges::all_of(name.substr(prefix.size()),
                             [](unsigned char c) { return std::isalnum(c) != 0; });
}

bool is_old_name(std::string_view name) {
  return std::ranges::any_of(
      kOldNames, [&](std::string_view prefix) { return is_made_name(name, prefix, kRandom); });
}

bool is_dead_name(std::string_view name) {
  return is_made_name(name, kDead, kSnapshotId) ||
         (name.starts_with(kDead) && is_old_name(name.substr(std::strlen(kDead))));
}

class Sweep {
 public:
  Sweep(const std::string& root, const std::stop_token& stop)
      : root_(root),
        tmp_path_(root + "/tmp"),
        tmp_(sys::open_path(tmp_path_, sys::kOpenDir)),
        stop_(stop) {}

  void run() {
    std::vector<std::string> old;
    for (const sys::DirEntry& entry : sys::list_dir(tmp_)) {
      if (stop_.stop_requested()) return;
      if (is_old_name(entry.name)) old.push_back(entry.name);
      // What belongs to other ids is left for a process with permission.
      best_effort([&] { sweep(entry.name); });
    }
    if (!old.empty()) sweep_old(old);
  }

 private:
  void sweep(const std::string& name) {
    for (const char* prefix : {kLease, kWork}) {
      if (is_made_name(name, prefix, kRandom)) sweep_process(name.substr(std::strlen(prefix)));
    }
    if (is_dead_name(name)) remove(name);
    if (is_made_name(name, kClaim, kHexDigest)) {
      sys::LockFile::try_lock(tmp_path_ + "/" + name);  // an unlocked file is removed on release
    }
    if (is_made_name(name, kNewLease, kRandom)) {
      struct stat status = sys::stat_at(tmp_, name.c_str());
      bool is_old = std::time(nullptr) - status.st_mtim.tv_sec > kPatience;
      if (is_old && S_ISREG(status.st_mode)) remove(name);
    }
  }

  // Holding the lease of a dead process, removes its directory, and the lease last, so that another
  // sweep continues if this one is stopped.
  void sweep_process(const std::string& id) {
    std::string name = kLease + id;
    std::optional<sys::Fd> lease = sys::find_at(tmp_, name.c_str(), O_RDWR | O_NOFOLLOW);
    if (lease && ::flock(lease->get(), LOCK_EX | LOCK_NB) < 0) return;
    if (remove(kWork + id)) remove(name);
  }

  // Renames first, under the lock that an old cairn would hold, so that none is using these names.
  void sweep_old(const std::vector<std::string>& names) {
    {
      auto alone = sys::FileLock::try_lock(root_ + "/lock", sys::FileLock::Mode::kExclusive);
      if (!alone) return;
      for (const std::string& name : names) set_aside(root_, "tmp", name);
    }
    for (const std::string& name : names) {
      best_effort([&] { remove(kDead + name); });
    }
  }

  // Returns whether it is gone.
  bool remove(const std::string& name) { return sys::remove_tree_until(tmp_, name.c_str(), stop_); }

  const std::string& root_;
  std::string tmp_path_;
  sys::Fd tmp_;
  const std::stop_token& stop_;
};

}  // namespace

void sweep_tmp(const std::string& root, const std::stop_token& stop) {
  // Whoever uses the store meets an unreadable tmp/ and reports it.
  best_effort([&] { Sweep(root, stop).run(); });
}

void set_aside(const std::string& root, const std::string& dir, const std::string& name) {
  // What stays is found without a row by the next collection, which removes it.
  best_effort([&] {
    sys::Fd from = sys::open_path(root + "/" + dir, sys::kOpenDir);
    sys::Fd tmp = sys::open_path(root + "/tmp", sys::kOpenDir);
    sys::rename_at(from, name.c_str(), tmp, (kDead + name).c_str());
  });
}

}  // namespace cairn::store
