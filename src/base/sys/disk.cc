// SPDX-License-Identifier: Apache-2.0
//
// Adds up the blocks of a tree without recursion and without paths, since a step can make trees
// deeper than PATH_MAX or the stack allows. Other processes may change the tree meanwhile: what is
// gone is not counted.
#include "base/sys/disk.h"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <vector>

#include "base/error.h"

namespace cairn::sys {
namespace {

// A directory on the way down, and its subdirectories that were not entered yet.
struct Level {
  dev_t device = 0;
  ino_t inode = 0;
  std::vector<std::string> waiting = {};

  bool is(const Fd& dir) const {
    struct stat st = stat_of(dir);
    return st.st_dev == device && st.st_ino == inode;
  }
};

// Adds the blocks of all entries of a directory.
Level level_of(const Fd& dir, std::int64_t& bytes) {
  struct stat own = stat_of(dir);
  Level level{.device = own.st_dev, .inode = own.st_ino};
  for (DirEntry& entry : list_dir(dir)) {
    std::optional<struct stat> st = find_stat_at(dir, entry.name.c_str());
    if (!st) continue;
    // st_blocks counts units of 512 bytes, whatever the block size (stat(2)).
    std::int64_t size = std::int64_t{st->st_blocks} * 512;
    if (S_ISDIR(st->st_mode)) {
      level.waiting.push_back(std::move(entry.name));
    } else {
      size /= static_cast<std::int64_t>(st->st_nlink == 0 ? 1 : st->st_nlink);
    }
    bytes += size;
  }
  return level;
}

}  // namespace

DiskSpace disk_space(const std::string& path) {
  struct statvfs st {};
  if (retry_eintr([&] { return ::statvfs(path.c_str(), &st); }) < 0) {
    throw Error::from_errno(errno, "statvfs {}", path);
  }
  auto block = static_cast<std::int64_t>(st.f_frsize);
  return {.total = static_cast<std::int64_t>(st.f_blocks) * block,
          .free = static_cast<std::int64_t>(st.f_bfree) * block,
          .available = static_cast<std::int64_t>(st.f_bavail) * block};
}

// One descriptor is open at a time, however deep the tree. The way up is "..", checked against the
// directory that the walk came from. If somebody moved it meanwhile, the count ends there.
std::int64_t disk_usage(const Fd& dir) {
  std::int64_t bytes = std::int64_t{stat_of(dir).st_blocks} * 512;
  Fd here = duplicate(dir);
  std::vector<Level> levels = {level_of(here, bytes)};
  while (true) {
    std::vector<std::string>& waiting = levels.back().waiting;
    if (waiting.empty()) {
      levels.pop_back();
      if (levels.empty()) return bytes;
      std::optional<Fd> above = find_at(here, "..", kOpenDir);
      if (!above || !levels.back().is(*above)) return bytes;
      here = std::move(*above);
      continue;
    }
    std::string name = std::move(waiting.back());
    waiting.pop_back();
    int below =
        retry_eintr([&] { return ::openat(here.get(), name.c_str(), kOpenDir | O_CLOEXEC); });
    // Not ours to read, or removed meanwhile.
    if (below < 0) continue;
    here = Fd(below);
    levels.push_back(level_of(here, bytes));
  }
}

}  // namespace cairn::sys
