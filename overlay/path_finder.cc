// SPDX-License-Identifier: Apache-2.0
//
// The current directory is a chain of real directories with their names. enter() keeps the common
// prefix and works off the rest as a list of components; a symlink replaces itself in that list by
// its target. openat(2) with O_NOFOLLOW tells a directory from all else in one call. openat2(2)
// with RESOLVE_IN_ROOT would resolve a path at once, but could not make missing directories on the
// way.
#include "overlay/internal/path_finder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "overlay/internal/overlay_xattrs.h"

namespace cairn::overlay::internal {

std::vector<std::string> path_parts(std::string_view path) {
  std::vector<std::string> parts;
  for (std::string& part : split(path, '/')) {
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (part.empty() || part == "." || part == "..") continue;
    parts.push_back(std::move(part));
  }
  return parts;
}

std::string PathFinder::path() const {
  return join(names_, "/");
}

std::string PathFinder::path_of(const std::string& name) const {
  return names_.empty() ? name : path() + "/" + name;
}

const sys::Fd& PathFinder::changing() {
  if (!times_.back()) times_.back() = timestamp_of(sys::stat_of(dir()).st_mtim);
  return dir();
}

void PathFinder::set_time(Timestamp mtime) {
  times_.back() = mtime;
}

void PathFinder::restore_time() {
  if (times_.back()) sys::set_mtime(dir(), *times_.back());
}

void PathFinder::down(sys::Fd dir, const std::string& name) {
  bytes_ += name.size() + 1;
  if (names_.size() >= bounds_.depth || bytes_ > bounds_.bytes) {
    // Entries' own names are bounded before; only symlinks can lead deeper than this.
    throw Error::of(ErrorKind::kLimit,
                    "symlinks lead to a directory more than {} deep, or with a path of "
                    "more than {} bytes",
                    bounds_.depth, bounds_.bytes);
  }
  chain_.push(std::move(dir));
  names_.push_back(name);
  times_.emplace_back();
}

void PathFinder::up() {
  restore_time();
  chain_.pop();
  bytes_ -= names_.back().size() + 1;
  names_.pop_back();
  times_.pop_back();
}

void PathFinder::leave() {
  while (!names_.empty()) up();
  restore_time();
  times_.back().reset();
}

bool PathFinder::enter(std::span<const std::string> parts, Missing missing) {
  // The chain holds real directories only, so no symlink can be in a common prefix.
  std::size_t same = 0;
  while (same < names_.size() && same < parts.size() && names_[same] == parts[same]) ++same;
  while (names_.size() > same) up();
  // Reversed: components are taken from the back, and a symlink's target is put there.
  std::vector<std::string> todo(parts.rbegin(), parts.rend() - static_cast<std::ptrdiff_t>(same));
  int links = 0;
  while (!todo.empty()) {
    std::string name = std::move(todo.back());
    todo.pop_back();
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      if (!names_.empty()) up();
    } else if (!step(name, missing, todo, links)) {
      return false;
    }
  }
  return true;
}

bool PathFinder::step(const std::string& name, Missing missing, std::vector<std::string>& todo,
                      int& links) {
  int fd = sys::retry_eintr(
      [&] { return ::openat(dir().get(), name.c_str(), sys::kOpenDir | O_CLOEXEC); });
  if (fd >= 0) {
    down(sys::Fd(fd), name);
    return true;
  }
  int code = errno;
  if (code == ENOENT) {
    if (missing == Missing::kMake) make(name, InPlaceOf::kNothing);
    return missing == Missing::kMake;
  }
  if (code != ENOTDIR && code != ELOOP) throw Error::from_errno(code, "open {}", path_of(name));
  struct stat st = sys::stat_at(dir(), name.c_str());
  if (S_ISLNK(st.st_mode)) {
    if (++links > limits::kSymlinks) throw Error::from_errno(ELOOP, "follow {}", path_of(name));
    std::string target = sys::read_link_at(dir(), name.c_str());
    // An absolute target starts at the root of the archive, not at ours.
    while (target.starts_with('/') && !names_.empty()) up();
    std::vector<std::string> parts = split(target, '/');
    todo.insert(todo.end(), parts.rbegin(), parts.rend());
    return true;
  }
  if (missing == Missing::kFail) return false;
  if (!is_whiteout_device(st)) {
    throw Error::of(ErrorKind::kCorrupt, "an entry lies below {}, which is no directory",
                    path_of(name));
  }
  make(name, InPlaceOf::kWhiteout);
  return true;
}

// A directory in place of this layer's own whiteout is opaque: it shows nothing of the lower one.
void PathFinder::make(const std::string& name, InPlaceOf before) {
  changing();
  if (before == InPlaceOf::kWhiteout) sys::unlink_at(dir(), name.c_str());
  sys::make_dir_at(dir(), name.c_str(), 0755);
  sys::Fd made = sys::open_at(dir(), name.c_str(), sys::kOpenDir);
  // The process may have a umask or a set-id directory above, so set both explicitly.
  if (::fchown(made.get(), 0, 0) < 0) throw Error::from_errno(errno, "own {}", path_of(name));
  sys::chmod_fd(made, 0755);
  if (before == InPlaceOf::kWhiteout) make_opaque(made);
  if (on_made_) on_made_(made);
  down(std::move(made), name);
  implied_.add(names_);
}

}  // namespace cairn::overlay::internal
