// SPDX-License-Identifier: Apache-2.0
//
// A directory that acts as "/": the only way in cairn to resolve a path that an image, a layer, a
// context or an archive chose. Symlinks, including absolute ones, resolve inside it, ".." stops at
// it, and magic links (/proc/self/fd/N) are refused. Uses openat2(2) with RESOLVE_IN_ROOT (Linux
// 5.6). Where that is missing (gVisor, old kernels), a resolver by components gives the same
// results. Safe from any thread. Paths may start with "/".
#pragma once

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/sys/fd.h"

namespace cairn::sys {

enum class Follow { kNo, kYes };  // a symlink at the last component

class RootDir {
 public:
  explicit RootDir(Fd dir) : dir_(std::move(dir)) {}
  static RootDir open(const std::string& path);  // this path itself is trusted

  const Fd& fd() const { return dir_; }

  // Opens `path`. With Follow::kNo a final symlink fails with ELOOP, or is itself opened with
  // O_PATH. find_in() returns nullopt for ENOENT and ENOTDIR; all else throws kHost. A new file
  // (O_CREAT) gets `mode`.
  Fd open_in(const std::string& path, int flags, Follow follow = Follow::kYes,
             mode_t mode = 0) const;
  std::optional<Fd> find_in(const std::string& path, int flags, Follow follow = Follow::kYes) const;
  std::optional<struct stat> find_stat(const std::string& path, Follow follow) const;
  // The path that `path` leads to with all symlinks followed, rooted and clean. nullopt when
  // find_end() returns nullopt.
  std::optional<std::string> find_real_path(const std::string& path) const;

  // As find_in() with O_PATH, but a loop of symlinks gives nullopt too.
  std::optional<Fd> find_end(const std::string& path) const;
  // A sentence about a dangling symlink at `path`, for a hint; "" when there is none.
  std::string explain_lost_link(const std::string& path) const;

  // The directory of the last component of `path`, with all symlinks before it followed, and the
  // name of that component ("." when the path names the root, or ends in "." or "..").
  struct Parent {
    Fd dir;
    std::string name;
  };
  Parent open_parent(const std::string& path) const;
  std::optional<Parent> find_parent(const std::string& path) const;

  // mkdir -p inside the root. Follows symlinks and makes the targets of dangling ones. Returns the
  // directory (O_RDONLY). Calls `created(fd)` for each directory that it makes, outermost first.
  template <typename Created>
  Fd make_dirs(const std::string& path, mode_t mode, Created created) const;
  Fd make_dirs(const std::string& path, mode_t mode) const {
    return make_dirs(path, mode, [](const Fd&) {});
  }

  // The resolver by components, public for a test that it agrees with openat2(2). Returns -1 and
  // sets errno.
  int open_by_components(const std::string& path, int flags, Follow follow, mode_t mode) const;

 private:
  int try_open(const std::string& path, int flags, Follow follow, mode_t mode) const;
  // The target of a dangling symlink at `path`, as a path in this root.
  std::optional<std::string> find_dangling(const std::string& path) const;
  std::optional<Fd> make_one(const std::string& path, mode_t mode) const;

  Fd dir_;
};

template <typename Created>
Fd RootDir::make_dirs(const std::string& path, mode_t mode, Created created) const {
  std::string so_far;
  std::size_t at = 0;
  while (at <= path.size()) {
    std::size_t end = std::min(path.find('/', at), path.size());
    if (end > at) {
      so_far += "/" + path.substr(at, end - at);
      if (std::optional<std::string> target = find_dangling(so_far)) {
        make_dirs(*target, mode, created);
      } else if (std::optional<Fd> made = make_one(so_far, mode)) {
        created(*made);
      }
    }
    at = end + 1;
  }
  return open_in(so_far.empty() ? "/" : so_far, O_RDONLY | O_DIRECTORY);
}

}  // namespace cairn::sys
