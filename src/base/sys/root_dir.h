// SPDX-License-Identifier: Apache-2.0
//
// A directory taken as "/": the only way this house resolves a path that an image, a layer, a
// context or an archive chose. Symlinks, absolute ones too, resolve inside it, ".." stops at it,
// and magic links (/proc/self/fd/N) are refused. Uses openat2(2) with RESOLVE_IN_ROOT (Linux 5.6);
// where that call is missing (gVisor, old kernels) a component-wise resolver with the same answers.
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

  // Opens what `path` names. With Follow::kNo a final symlink is ELOOP, or with O_PATH the link
  // itself. `find` answers ENOENT and ENOTDIR with nothing. A new file (O_CREAT) gets `mode`.
  Fd open_in(const std::string& path, int flags, Follow follow = Follow::kYes,
             mode_t mode = 0) const;
  std::optional<Fd> find_in(const std::string& path, int flags, Follow follow = Follow::kYes) const;
  std::optional<struct stat> find_stat(const std::string& path, Follow follow) const;
  std::string read_link(const std::string& path) const;
  // Where `path` leads when all symlinks are followed: rooted and clean; nothing when it leads
  // nowhere.
  std::optional<std::string> find_real_path(const std::string& path) const;

  // The directory that holds the last component of `path`, all symlinks before it followed, and
  // that component's name ("." when the path names the root or ends in "." or "..").
  struct Parent {
    Fd dir;
    std::string name;
  };
  Parent open_parent(const std::string& path) const;
  std::optional<Parent> find_parent(const std::string& path) const;

  // mkdir -p inside the root, following symlinks, also those that lead nowhere yet; returns the
  // directory (O_RDONLY). Calls `created(fd)` for each directory it makes, outermost first.
  template <typename Created>
  Fd make_dirs(const std::string& path, mode_t mode, Created created) const;
  Fd make_dirs(const std::string& path, mode_t mode) const {
    return make_dirs(path, mode, [](const Fd&) {});
  }

  // The component-wise resolver alone, for tests of its agreement with openat2.
  int open_by_components(const std::string& path, int flags, Follow follow, mode_t mode) const;

 private:
  int try_open(const std::string& path, int flags, Follow follow, mode_t mode) const;
  // Where a symlink at `path` points when nothing is there.
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
