// SPDX-License-Identifier: Apache-2.0
//
// Thin wrappers. What they add is the message: an error names the path behind a descriptor, read
// from /proc/self/fd only when something failed. A wrapper that does more than one call says why.
#include "base/sys/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/error.h"

namespace cairn::sys {
namespace {

// The path behind a descriptor, for a message.
std::string path_of(const Fd& fd) {
  char buffer[4096];
  // The path may have changed, or end in " (deleted)".
  std::string link = fmt::format("/proc/self/fd/{}", fd.get());
  ssize_t length = ::readlink(link.c_str(), buffer, sizeof buffer);
  return length <= 0 ? link : std::string(buffer, static_cast<std::size_t>(length));
}

template <typename Call>
void check_at(const char* verb, const Fd& dir, const char* path, Call call) {
  if (retry_eintr(call) < 0)
    throw Error::from_errno(errno, "{} {}", verb, path_for_message(dir, path));
}

}  // namespace

std::string path_for_message(const Fd& dir, const char* path) {
  return path[0] == '/' ? path : path_of(dir) + "/" + path;
}

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::reset() {
  // close(2) is never retried: Linux frees the number even when it returns EINTR.
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Fd open_path(const std::string& path, int flags, mode_t mode) {
  int fd = retry_eintr([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
  if (fd < 0) throw Error::from_errno(errno, "open {}", path);
  return Fd(fd);
}

Fd open_dir(const std::string& path) {
  return open_path(path, O_RDONLY | O_DIRECTORY);
}

std::optional<Fd> find_path(const std::string& path, int flags) {
  int fd = retry_eintr([&] { return ::open(path.c_str(), flags | O_CLOEXEC); });
  if (fd >= 0) return Fd(fd);
  if (is_absence(errno)) return std::nullopt;
  throw Error::from_errno(errno, "open {}", path);
}

Fd open_at(const Fd& dir, const char* path, int flags, mode_t mode) {
  int fd = retry_eintr([&] { return ::openat(dir.get(), path, flags | O_CLOEXEC, mode); });
  if (fd < 0) throw Error::from_errno(errno, "open {}", path_for_message(dir, path));
  return Fd(fd);
}

Fd open_file_at(const Fd& dir, const char* name) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer. O_NOATIME is allowed to the owner only.
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  int fd = retry_eintr([&] { return ::openat(dir.get(), name, kFlags | O_NOATIME); });
  if (fd >= 0) return Fd(fd);
  if (errno == EPERM)
    return open_at(dir, name, kFlags);  // owned by somebody else: O_NOATIME is refused
  throw Error::from_errno(errno, "open {}", path_for_message(dir, name));
}

std::optional<Fd> find_at(const Fd& dir, const char* path, int flags) {
  int fd = retry_eintr([&] { return ::openat(dir.get(), path, flags | O_CLOEXEC); });
  if (fd >= 0) return Fd(fd);
  if (is_absence(errno)) return std::nullopt;
  throw Error::from_errno(errno, "open {}", path_for_message(dir, path));
}

Fd duplicate(const Fd& fd) {
  // From 3 on: 0 to 2 are the standard streams, even when they are closed.
  int copy = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3);
  if (copy < 0) throw Error::from_errno(errno, "duplicate a descriptor");
  return Fd(copy);
}

// The magic link leads to the file itself, whatever has its name now (proc(5)).
Fd reopen(const Fd& fd, int flags) {
  std::string path = fmt::format("/proc/self/fd/{}", fd.get());
  int opened = retry_eintr([&] { return ::open(path.c_str(), flags | O_CLOEXEC); });
  if (opened < 0) throw Error::from_errno(errno, "open {}", path_of(fd));
  return Fd(opened);
}

std::string read_all(const Fd& fd, std::size_t limit) {
  std::string out;
  std::size_t size = 0;
  while (true) {
    // Doubled, without asking for the size: files of /proc have none, and others may grow.
    if (size == out.size()) out.resize(std::max<std::size_t>(4096, size * 2));
    std::size_t count =
        read_some(fd, std::as_writable_bytes(std::span(out.data() + size, out.size() - size)));
    size += count;
    if (size > limit) throw Error::of(ErrorKind::kLimit, "larger than {} bytes", limit);
    if (count == 0) break;
  }
  out.resize(size);
  return out;
}

std::size_t read_some(const Fd& fd, std::span<std::byte> buffer) {
  ssize_t count = retry_eintr([&] { return ::read(fd.get(), buffer.data(), buffer.size()); });
  if (count < 0) throw Error::from_errno(errno, "read");
  return static_cast<std::size_t>(count);
}

void rewind(const Fd& fd) {
  if (::lseek(fd.get(), 0, SEEK_SET) < 0) throw Error::from_errno(errno, "rewind a file");
}

void write_all(const Fd& fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t count = retry_eintr([&] { return ::write(fd.get(), bytes.data(), bytes.size()); });
    if (count < 0) throw Error::from_errno(errno, "write");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void write_all(const Fd& fd, std::string_view text) {
  write_all(fd, as_bytes(text));
}

std::string read_file(const std::string& path, std::size_t limit) {
  ErrorContext while_here([&] { return "reading " + path; });
  return read_all(open_path(path, O_RDONLY), limit);
}

std::optional<std::string> find_file(const std::string& path, std::size_t limit) {
  std::optional<Fd> fd = find_path(path, O_RDONLY);
  if (!fd) return std::nullopt;
  ErrorContext while_here([&] { return "reading " + path; });
  return read_all(*fd, limit);
}

struct stat stat_of(const Fd& fd) {
  struct stat st {};
  if (::fstat(fd.get(), &st) < 0) throw Error::from_errno(errno, "stat an open file");
  return st;
}

std::optional<struct stat> find_stat_at(const Fd& dir, const char* path) {
  struct stat st {};
  if (::fstatat(dir.get(), path, &st, AT_SYMLINK_NOFOLLOW) == 0) return st;
  if (is_absence(errno)) return std::nullopt;
  throw Error::from_errno(errno, "stat {}", path_for_message(dir, path));
}

struct stat stat_at(const Fd& dir, const char* path) {
  struct stat st {};
  if (::fstatat(dir.get(), path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
    throw Error::from_errno(errno, "stat {}", path_for_message(dir, path));
  }
  return st;
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

std::string read_link_at(const Fd& dir, const char* path) {
  // A target has at most PATH_MAX - 1 bytes (symlink(2)).
  std::string out(4096, '\0');
  ssize_t length = ::readlinkat(dir.get(), path, out.data(), out.size());
  if (length < 0) throw Error::from_errno(errno, "read link {}", path_for_message(dir, path));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

void make_dir_at(const Fd& dir, const char* path, mode_t mode) {
  check_at("make directory", dir, path, [&] { return ::mkdirat(dir.get(), path, mode); });
}

void make_dirs(const std::string& path, mode_t mode) {
  struct stat there;
  if (::stat(path.c_str(), &there) == 0 && S_ISDIR(there.st_mode)) return;
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), mode) < 0) {
      // mkdir(2) may fail with EACCES or EROFS for a directory that exists, so look before giving
      // up.
      int error = errno;
      struct stat st;
      if (::stat(part.c_str(), &st) < 0) throw Error::from_errno(error, "make directory {}", part);
      if (!S_ISDIR(st.st_mode)) throw Error::from_errno(ENOTDIR, "make directory {}", part);
    }
    if (end == std::string::npos) return;
  }
}

void unlink_at(const Fd& dir, const char* path) {
  check_at("remove", dir, path, [&] { return ::unlinkat(dir.get(), path, 0); });
}

void remove_dir_at(const Fd& dir, const char* path) {
  check_at("remove directory", dir, path,
           [&] { return ::unlinkat(dir.get(), path, AT_REMOVEDIR); });
}

void symlink_at(const std::string& target, const Fd& dir, const char* path) {
  check_at("make link", dir, path, [&] { return ::symlinkat(target.c_str(), dir.get(), path); });
}

void link_at(const Fd& from_dir, const char* from, const Fd& to_dir, const char* to) {
  check_at("make hard link", to_dir, to,
           [&] { return ::linkat(from_dir.get(), from, to_dir.get(), to, 0); });
}

bool try_link_at(const Fd& from_dir, const char* from, const Fd& to_dir, const char* to) {
  if (::linkat(from_dir.get(), from, to_dir.get(), to, 0) == 0) return true;
  // EPERM: the filesystem has no hard links, or fs.protected_hardlinks forbids this one (proc(5)).
  if (errno == EMLINK || errno == ENOENT || errno == EXDEV || errno == EPERM) return false;
  throw Error::from_errno(errno, "make hard link {}", path_for_message(to_dir, to));
}

void rename_at(const Fd& from_dir, const char* from, const Fd& to_dir, const char* to) {
  check_at("rename to", to_dir, to,
           [&] { return ::renameat(from_dir.get(), from, to_dir.get(), to); });
}

void rename_path(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) < 0) {
    throw Error::from_errno(errno, "rename {} to {}", from, to);
  }
}

void make_node_at(const Fd& dir, const char* path, mode_t mode, dev_t device) {
  check_at("make device node", dir, path, [&] { return ::mknodat(dir.get(), path, mode, device); });
}

void chmod_fd(const Fd& fd, mode_t mode) {
  if (::fchmod(fd.get(), mode) < 0) throw Error::from_errno(errno, "change mode");
}

void chmod_at(const Fd& dir, const char* path, mode_t mode) {
  check_at("change mode of", dir, path, [&] { return ::fchmodat(dir.get(), path, mode, 0); });
}

void set_times_at(const Fd& dir, const char* path, timespec atime, timespec mtime) {
  timespec times[2] = {atime, mtime};
  check_at("set times of", dir, path,
           [&] { return ::utimensat(dir.get(), path, times, AT_SYMLINK_NOFOLLOW); });
}

void set_mtime(const Fd& fd, Timestamp mtime) {
  // UTIME_OMIT leaves the atime alone (utimensat(2)).
  timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, to_timespec(mtime)};
  if (::futimens(fd.get(), times) < 0) throw Error::from_errno(errno, "set times");
}

void remove_tree(const std::string& path) {
  // A relative path is resolved from here; an absolute one ignores the descriptor.
  remove_tree_at(open_path(".", O_PATH | O_DIRECTORY), path.c_str());
}

std::vector<DirEntry> list_dir(const Fd& dir) {
  // fdopendir(3) takes ownership of its descriptor and shares its offset, so it gets a new one.
  int fd =
      retry_eintr([&] { return ::openat(dir.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (fd < 0) throw Error::from_errno(errno, "open directory {}", path_for_message(dir, "."));
  std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd), ::closedir);
  if (!stream) {
    int code = errno;
    ::close(fd);
    throw Error::from_errno(code, "open directory");
  }
  std::vector<DirEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    std::string_view name = entry->d_name;
    if (name != "." && name != "..") entries.push_back({std::string(name), entry->d_type});
    errno = 0;
  }
  // readdir(3) returns null for the end and for an error; only errno tells them apart.
  if (errno != 0) throw Error::from_errno(errno, "list directory {}", path_for_message(dir, "."));
  return entries;
}

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) throw Error::from_errno(errno, "make a pipe");
  return {.read_end = Fd(ends[0]), .write_end = Fd(ends[1])};
}

std::pair<Fd, Fd> make_socket_pair(int type) {
  int ends[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) < 0) {
    throw Error::from_errno(errno, "make a socket pair");
  }
  return {Fd(ends[0]), Fd(ends[1])};
}

Fd make_memfd(const char* name) {
  int fd = ::memfd_create(name, MFD_CLOEXEC);
  if (fd < 0) throw Error::from_errno(errno, "memfd_create {}", name);
  return Fd(fd);
}

void sync_filesystem(const Fd& fd) {
  if (::syncfs(fd.get()) < 0) throw Error::from_errno(errno, "syncfs");
}

}  // namespace cairn::sys
