// SPDX-License-Identifier: Apache-2.0
//
// openat2(2) resolves the whole path in the kernel, where no other process can change a component
// between check and use. Where it is missing, the resolver below opens one component at a time with
// O_NOFOLLOW, and keeps a stack of the directories it came through, so that ".." never depends on
// where a directory has been moved to.
#include "base/sys/root_dir.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <deque>

#include "base/attempt.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

namespace cairn::sys {
namespace {

int call_openat2(const Fd& dir, const char* path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<__u64>(flags | O_CLOEXEC);
  how.mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode : 0;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  while (true) {
    long fd = ::syscall(SYS_openat2, dir.get(), path, &how, sizeof how);
    // EAGAIN: a rename raced with the resolution of "..", and the kernel asks for another try
    // (openat2(2)).
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN)) return static_cast<int>(fd);
  }
}

}  // namespace

RootDir RootDir::open(const std::string& path) {
  return RootDir(open_path(path, O_RDONLY | O_DIRECTORY));
}

int RootDir::try_open(const std::string& path, int flags, Follow follow, mode_t mode) const {
  // Probed once per process: ENOSYS on old kernels, EPERM under some seccomp filters.
  static const bool have_openat2 = [] {
    Fd here = open_path("/", O_PATH);
    int fd = call_openat2(here, ".", O_PATH, 0);
    if (fd >= 0) ::close(fd);
    return fd >= 0;
  }();
  if (!have_openat2) return open_by_components(path, flags, follow, mode);
  int nofollow = follow == Follow::kNo ? O_NOFOLLOW : 0;
  return call_openat2(dir_, path.empty() ? "." : path.c_str(), flags | nofollow, mode);
}

int RootDir::open_by_components(const std::string& path, int flags, Follow follow,
                                mode_t mode) const {
  std::deque<std::string> todo;
  for (std::string& part : split(path, '/')) todo.push_back(std::move(part));
  bool must_be_dir = path.ends_with('/');
  std::vector<Fd> stack;  // the directories below the root that we stand in, outermost first
  auto here = [&]() -> const Fd& { return stack.empty() ? dir_ : stack.back(); };
  int links = 0;
  while (!todo.empty()) {
    std::string part = std::move(todo.front());
    todo.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!stack.empty()) stack.pop_back();
      continue;
    }
    // Trailing slashes do not make another component.
    bool last = std::all_of(todo.begin(), todo.end(), [](auto& p) { return p.empty(); });
    Fd next(::openat(here().get(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next) {
      if (!last || errno != ENOENT || (flags & O_CREAT) == 0) return -1;
      return ::openat(here().get(), part.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
    }
    struct stat st = stat_of(next);
    if (S_ISLNK(st.st_mode) && !(last && follow == Follow::kNo && !must_be_dir)) {
      if (++links > limits::kSymlinks) return errno = ELOOP, -1;
      std::string target = read_link_at(next, "");
      // An absolute link starts at our root again.
      if (target.starts_with('/')) stack.clear();
      std::vector<std::string> parts = split(target, '/');
      todo.insert(todo.begin(), parts.begin(), parts.end());
      continue;
    }
    if (!last) {
      if (!S_ISDIR(st.st_mode)) return errno = ENOTDIR, -1;
      stack.push_back(std::move(next));
      continue;
    }
    if (must_be_dir && !S_ISDIR(st.st_mode)) return errno = ENOTDIR, -1;
    // The last component was checked to be no link; O_NOFOLLOW guards against one put there since.
    return ::openat(here().get(), part.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
  }
  return ::openat(here().get(), ".", (flags & ~O_NOFOLLOW) | O_CLOEXEC, mode);
}

Fd RootDir::open_in(const std::string& path, int flags, Follow follow, mode_t mode) const {
  int fd = try_open(path, flags, follow, mode);
  if (fd < 0) throw Error::from_errno(errno, "open {} in the image", rooted_path(path));
  return Fd(fd);
}

std::optional<Fd> RootDir::find_in(const std::string& path, int flags, Follow follow) const {
  int fd = try_open(path, flags, follow, 0);
  if (fd >= 0) return Fd(fd);
  if (is_absence(errno)) return std::nullopt;
  throw Error::from_errno(errno, "open {} in the image", rooted_path(path));
}

std::optional<struct stat> RootDir::find_stat(const std::string& path, Follow follow) const {
  std::optional<Fd> fd = find_in(path, O_PATH, follow);
  if (!fd) return std::nullopt;
  return stat_of(*fd);
}

std::optional<std::string> RootDir::find_real_path(const std::string& path) const {
  std::optional<Fd> found = find_end(path);
  if (!found) return std::nullopt;
  Fd proc = open_path("/proc/self/fd", O_PATH | O_DIRECTORY);
  // Both descriptors are named by procfs, so the root is a prefix of the path.
  std::string root = read_link_at(proc, std::to_string(dir_.get()).c_str());
  std::string full = read_link_at(proc, std::to_string(found->get()).c_str());
  if (root != "/" && full.starts_with(root)) full.erase(0, root.size());
  return rooted_path(full);
}

std::optional<Fd> RootDir::find_end(const std::string& path) const {
  return unless_errno(ELOOP, [&] { return find_in(path, O_PATH); });
}

std::string RootDir::explain_lost_link(const std::string& path) const {
  if (find_end(path)) return "";
  std::string parent_path = path.substr(0, path.rfind('/') + 1);
  if (!parent_path.empty() && !find_end(parent_path)) return "";
  std::optional<Parent> parent = find_parent(path);
  if (!parent) return "";
  std::optional<struct stat> st = find_stat_at(parent->dir, parent->name.c_str());
  if (!st || !S_ISLNK(st->st_mode)) return "";
  return fmt::format(
      "{} is a symbolic link to {}, and nothing is there: links are followed inside the same tree",
      path, read_link_at(parent->dir, parent->name.c_str()));
}

RootDir::Parent RootDir::open_parent(const std::string& path) const {
  std::optional<Parent> parent = find_parent(path);
  if (!parent) {
    throw Error::from_errno(ENOENT, "open the directory of {} in the image", rooted_path(path));
  }
  return std::move(*parent);
}

std::optional<RootDir::Parent> RootDir::find_parent(const std::string& path) const {
  std::string_view text = path;
  while (text.ends_with('/')) text.remove_suffix(1);
  std::size_t slash = text.rfind('/');
  std::string name(slash == std::string_view::npos ? text : text.substr(slash + 1));
  // A path that ends in "." or ".." names a directory whose own name is not known.
  if (name.empty() || name == "." || name == "..") {
    std::optional<Fd> dir = find_in(std::string(text), O_RDONLY | O_DIRECTORY);
    if (!dir) return std::nullopt;
    return Parent{std::move(*dir), "."};
  }
  std::string parent(slash == std::string_view::npos ? "." : text.substr(0, slash + 1));
  std::optional<Fd> dir = find_in(parent, O_RDONLY | O_DIRECTORY);
  if (!dir) return std::nullopt;
  return Parent{std::move(*dir), std::move(name)};
}

std::optional<std::string> RootDir::find_dangling(const std::string& path) const {
  if (find_in(path, O_PATH)) return std::nullopt;
  std::optional<Parent> parent = find_parent(path);
  if (!parent) return std::nullopt;
  std::optional<struct stat> st = find_stat_at(parent->dir, parent->name.c_str());
  if (!st || !S_ISLNK(st->st_mode)) return std::nullopt;
  std::string target = read_link_at(parent->dir, parent->name.c_str());
  return target.starts_with('/') ? target : path.substr(0, path.rfind('/') + 1) + target;
}

std::optional<Fd> RootDir::make_one(const std::string& path, mode_t mode) const {
  if (find_in(path, O_PATH | O_DIRECTORY)) return std::nullopt;
  Parent parent = open_parent(path);
  if (parent.name == ".") return std::nullopt;
  if (::mkdirat(parent.dir.get(), parent.name.c_str(), mode) < 0) {
    // Another thread was faster, or something else has the name: open_in() then reports it.
    if (errno == EEXIST) return std::nullopt;
    throw Error::from_errno(errno, "make directory {} in the image", path);
  }
  Fd made = open_at(parent.dir, parent.name.c_str(), kOpenDir);
  chmod_fd(made, mode);  // mkdirat(2) applies the umask
  return made;
}

}  // namespace cairn::sys
