// SPDX-License-Identifier: Apache-2.0
#include "overlay/internal/path_finder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "overlay/internal/marks.h"

namespace cairn::overlay::internal {
namespace {

constexpr int kMaxSymlinks = 40;  // as the kernel's MAXSYMLINKS
constexpr int kOpenDir = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

}  // namespace

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

void PathFinder::up() {
  chain_.pop();
  names_.pop_back();
}

bool PathFinder::enter(std::span<const std::string> parts, Missing missing) {
  // The chain holds real directories only, so where names agree no symlink can be in between.
  std::size_t same = 0;
  while (same < names_.size() && same < parts.size() && names_[same] == parts[same]) ++same;
  while (names_.size() > same) up();
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
  int fd = sys::retry_eintr([&] { return ::openat(dir().get(), name.c_str(), kOpenDir); });
  if (fd >= 0) {
    chain_.push(sys::Fd(fd));
    names_.push_back(name);
    return true;
  }
  int code = errno;
  if (code == ENOENT) {
    if (missing == Missing::kMake) make(name, false);
    return missing == Missing::kMake;
  }
  if (code != ENOTDIR && code != ELOOP) throw Error::from_errno(code, "open {}", path_of(name));
  struct stat st = sys::stat_at(dir(), name.c_str());
  if (S_ISLNK(st.st_mode)) {
    if (++links > kMaxSymlinks) throw Error::from_errno(ELOOP, "follow {}", path_of(name));
    std::string target = sys::read_link_at(dir(), name.c_str());
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
  make(name, true);
  return true;
}

// A directory made where the same layer deletes one shows nothing of the one below.
void PathFinder::make(const std::string& name, bool over_whiteout) {
  if (over_whiteout) sys::unlink_at(dir(), name.c_str());
  sys::make_dir_at(dir(), name.c_str(), 0755);
  sys::Fd made = sys::open_at(dir(), name.c_str(), kOpenDir);
  if (::fchown(made.get(), 0, 0) < 0) throw Error::from_errno(errno, "own {}", path_of(name));
  sys::chmod_fd(made, 0755);
  if (over_whiteout) make_opaque(made);
  implied_.insert(path_of(name));
  chain_.push(std::move(made));
  names_.push_back(name);
}

}  // namespace cairn::overlay::internal
