// SPDX-License-Identifier: Apache-2.0
#include "base/sys/disk.h"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <vector>

#include "base/error.h"

namespace cairn::sys {
namespace {

constexpr int kOpenDir = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// Adds up what is in a directory and gives the names of the directories in it.
std::vector<std::string> add_entries(const Fd& dir, std::int64_t& bytes) {
  std::vector<std::string> below;
  for (DirEntry& entry : list_dir(dir)) {
    std::optional<struct stat> st = find_stat_at(dir, entry.name.c_str());
    if (!st) continue;
    std::int64_t size = std::int64_t{st->st_blocks} * 512;
    if (S_ISDIR(st->st_mode)) {
      below.push_back(std::move(entry.name));
    } else {
      size /= static_cast<std::int64_t>(st->st_nlink == 0 ? 1 : st->st_nlink);
    }
    bytes += size;
  }
  return below;
}

}  // namespace

DiskSpace disk_space(const std::string& path) {
  struct statvfs st {};
  if (retry_eintr([&] { return ::statvfs(path.c_str(), &st); }) < 0) {
    throw Error::from_errno(errno, "statvfs {}", path);
  }
  auto block = static_cast<std::int64_t>(st.f_frsize);
  return {.total = static_cast<std::int64_t>(st.f_blocks) * block,
          .free = static_cast<std::int64_t>(st.f_bfree) * block};
}

// One descriptor is open at a time, however deep the tree: the way up is "..".
std::int64_t disk_usage(const Fd& dir) {
  std::int64_t bytes = std::int64_t{stat_of(dir).st_blocks} * 512;
  Fd here = duplicate(dir);
  std::vector<std::vector<std::string>> waiting = {add_entries(here, bytes)};
  while (true) {
    if (waiting.back().empty()) {
      waiting.pop_back();
      if (waiting.empty()) return bytes;
      here = open_at(here, "..", kOpenDir);
      continue;
    }
    std::string name = std::move(waiting.back().back());
    waiting.back().pop_back();
    int below = retry_eintr([&] { return ::openat(here.get(), name.c_str(), kOpenDir); });
    if (below < 0) continue;
    here = Fd(below);
    waiting.push_back(add_entries(here, bytes));
  }
}

}  // namespace cairn::sys
