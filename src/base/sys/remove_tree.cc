// SPDX-License-Identifier: Apache-2.0
//
// Keeps one directory open for each level, up to kMaxOpen. A deeper directory is renamed to the top
// and removed from there, so that depth costs neither descriptors nor stack. Files that disappear
// meanwhile were removed by another process; that is no error.
#include "base/sys/remove_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <optional>

#include "base/error.h"
#include "base/sys/fd.h"

namespace cairn::sys {
namespace {

// Paths in a tree may exceed PATH_MAX, and their depth the descriptor limit.
constexpr int kMaxOpen = 64;

using Stream = std::unique_ptr<DIR, int (*)(DIR*)>;

Stream open_stream(const Fd& dir, const char* name) {
  constexpr int kFlags = kOpenDir | O_CLOEXEC;
  int fd = ::openat(dir.get(), name, kFlags);
  if (fd < 0 && errno == EACCES) {
    // A directory without permissions, left by a step; we own it.
    ::fchmodat(dir.get(), name, 0700, 0);
    fd = ::openat(dir.get(), name, kFlags);
  }
  if (fd < 0) {
    if (is_absence(errno)) return {nullptr, ::closedir};
    throw Error::from_errno(errno, "open {}", name);
  }
  Fd owned(fd);
  if ((stat_of(owned).st_mode & 0700) != 0700) ::fchmod(fd, 0700);
  DIR* stream = ::fdopendir(fd);
  if (stream == nullptr) throw Error::from_errno(errno, "open directory {}", name);
  owned.release();
  return {stream, ::closedir};
}

// False for a directory, which is there. Whatever else cannot be removed (EPERM of an immutable
// file, EBUSY of a mount point) is an error: taken for a directory, it would be looked for again
// and again.
bool is_removed_file(const Fd& dir, const char* name) {
  if (::unlinkat(dir.get(), name, 0) == 0 || is_absence(errno)) return true;
  int code = errno;
  std::optional<struct stat> there = find_stat_at(dir, name);
  if (!there) return true;
  if (S_ISDIR(there->st_mode)) return false;
  throw Error::from_errno(code, "remove {}", name);
}

class TreeRemoval {
 public:
  TreeRemoval(const Fd& top, const std::stop_token& stop) : top_(top), stop_(stop) {}

  // False when it was stopped.
  bool remove(const Fd& parent, const char* name, int depth) {
    Stream stream = open_stream(parent, name);
    if (!stream) return true;
    Fd here(::dup(::dirfd(stream.get())));
    // readdir(3) may skip names while others are removed. Another pass finds them.
    while (true) {
      std::size_t seen = 0;
      if (!empty(stream.get(), here, depth, seen)) return false;
      if (::unlinkat(parent.get(), name, AT_REMOVEDIR) == 0 || is_absence(errno)) return true;
      if ((errno != ENOTEMPTY && errno != EEXIST) || seen == 0) {
        throw Error::from_errno(errno, "remove directory {}", name);
      }
      ::rewinddir(stream.get());
    }
  }

 private:
  bool empty(DIR* stream, const Fd& here, int depth, std::size_t& seen) {
    for (errno = 0; const dirent* entry = ::readdir(stream); errno = 0) {
      std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (stop_.stop_requested()) return false;
      ++seen;
      // Tried first for all that is not known to be a directory: DT_UNKNOWN needs no stat(2) that
      // way.
      if (entry->d_type != DT_DIR && is_removed_file(here, entry->d_name)) continue;
      if (depth < kMaxOpen) {
        if (!remove(here, entry->d_name, depth + 1)) return false;
        continue;
      }
      // Unique in this process and among others that remove the same tree.
      std::string moved = fmt::format(".cairn-deep-{}-{}", ::getpid(), serial_++);
      rename_at(here, entry->d_name, top_, moved.c_str());
      if (!remove(top_, moved.c_str(), 0)) return false;
    }
    if (errno != 0) throw Error::from_errno(errno, "list a directory");
    return true;
  }

  const Fd& top_;
  const std::stop_token& stop_;
  int serial_ = 0;
};

}  // namespace

bool remove_tree_until(const Fd& dir, const char* path, const std::stop_token& stop) {
  if (::unlinkat(dir.get(), path, 0) == 0 || is_absence(errno)) return true;
  // unlink(2) of a directory: Linux says EISDIR, POSIX EPERM.
  if (errno != EISDIR && errno != EPERM) throw Error::from_errno(errno, "remove {}", path);
  if (::unlinkat(dir.get(), path, AT_REMOVEDIR) == 0) return true;  // an empty one
  return TreeRemoval(dir, stop).remove(dir, path, 0);
}

void remove_tree_at(const Fd& dir, const char* path) {
  remove_tree_until(dir, path, {});
}

}  // namespace cairn::sys
