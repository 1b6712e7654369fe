// SPDX-License-Identifier: Apache-2.0
//
// File descriptors, and one thin function per system call on them. Every function retries EINTR,
// sets CLOEXEC, and throws Error::from_errno (kHost) naming the call and its object. `find_`
// functions return nullopt for what does not exist (ENOENT, ENOTDIR). `const Fd&` borrows; an Fd
// that is returned is owned. Safe from any thread, as the system calls are.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/stream.h"
#include "base/time.h"

namespace cairn::sys {

// Repeats a call that a signal interrupted (signal(7)).
template <typename Call>
auto retry_eintr(Call call) {
  while (true) {
    auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

// Owns one descriptor; -1 when empty.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

// Opens a directory for reading, and refuses a symlink to one.
inline constexpr int kOpenDir = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

// Whether an errno means that the name does not exist.
inline bool is_absence(int code) {
  return code == ENOENT || code == ENOTDIR;
}

// --- opening, relative to a directory (or absolute with open_path) ---
Fd open_path(const std::string& path, int flags, mode_t mode = 0);
Fd open_dir(const std::string& path);  // symlinks are followed
std::optional<Fd> find_path(const std::string& path, int flags);
Fd open_at(const Fd& dir, const char* path, int flags, mode_t mode = 0);
std::optional<Fd> find_at(const Fd& dir, const char* path, int flags);
// Opens a regular file for reading. A symlink is not followed, and a FIFO in its place does not
// block. The atime is left alone where we may (O_NOATIME), since updating it costs a write.
Fd open_file_at(const Fd& dir, const char* name);
Fd duplicate(const Fd& fd);
// Opens the same file again through /proc/self/fd, which turns an O_PATH descriptor into a readable
// one.
Fd reopen(const Fd& fd, int flags);

// --- whole files and streams ---
std::string read_all(const Fd& fd, std::size_t limit = SIZE_MAX);  // kLimit when larger
std::size_t read_some(const Fd& fd, std::span<std::byte> buffer);  // 0 at the end
void rewind(const Fd& fd);                                         // to the start of a file
void write_all(const Fd& fd, std::span<const std::byte> bytes);
void write_all(const Fd& fd, std::string_view text);
std::string read_file(const std::string& path, std::size_t limit = SIZE_MAX);
std::optional<std::string> find_file(const std::string& path, std::size_t limit = SIZE_MAX);

class FdSource final : public ByteSource {
 public:
  explicit FdSource(const Fd& fd) : fd_(fd) {}  // borrows
  std::size_t read(std::span<std::byte> buffer) override { return read_some(fd_, buffer); }

 private:
  const Fd& fd_;
};

class FdSink final : public ByteSink {
 public:
  explicit FdSink(const Fd& fd) : fd_(fd) {}  // borrows
  void write(std::span<const std::byte> bytes) override { write_all(fd_, bytes); }

 private:
  const Fd& fd_;
};

// The full path of an entry of an open directory. For messages only: it may have changed.
std::string path_for_message(const Fd& dir, const char* path);

// --- names and metadata; `at` functions never follow a final symlink ---
struct stat stat_of(const Fd& fd);
std::optional<struct stat> find_stat_at(const Fd& dir, const char* path);
struct stat stat_at(const Fd& dir, const char* path);
bool exists(const std::string& path);  // follows symlinks
std::string read_link_at(const Fd& dir, const char* path);
void make_dir_at(const Fd& dir, const char* path, mode_t mode);
void make_dirs(const std::string& path, mode_t mode);  // like mkdir -p
void unlink_at(const Fd& dir, const char* path);
void remove_dir_at(const Fd& dir, const char* path);
void symlink_at(const std::string& target, const Fd& dir, const char* path);
void link_at(const Fd& from_dir, const char* from, const Fd& to_dir, const char* to);
// False when the file is gone or may not have that name: too many links, another filesystem, or a
// rule of the kernel.
bool try_link_at(const Fd& from_dir, const char* from, const Fd& to_dir, const char* to);
void rename_at(const Fd& from_dir, const char* from, const Fd& to_dir, const char* to);
void rename_path(const std::string& from, const std::string& to);
void make_node_at(const Fd& dir, const char* path, mode_t mode, dev_t device);
void chmod_fd(const Fd& fd, mode_t mode);
void chmod_at(const Fd& dir, const char* path,
              mode_t mode);  // follows symlinks: never call it on one
void set_times_at(const Fd& dir, const char* path, timespec atime, timespec mtime);
void set_mtime(const Fd& fd, Timestamp mtime);  // of a file or directory not opened with O_PATH
// Removes the tree at `path` below `dir`. Symlinks are not followed. A missing path is no error.
// See remove_tree.h.
void remove_tree_at(const Fd& dir, const char* path);
void remove_tree(const std::string& path);

struct DirEntry {
  std::string name;
  unsigned char type;  // DT_*; DT_UNKNOWN where the filesystem does not say
};
// All entries except "." and "..", in the order of the filesystem.
std::vector<DirEntry> list_dir(const Fd& dir);

// --- pipes and sockets ---
struct Pipe {
  Fd read_end;
  Fd write_end;
};
Pipe make_pipe();
std::pair<Fd, Fd> make_socket_pair(int type);  // AF_UNIX
Fd make_memfd(const char* name);
void sync_filesystem(const Fd& fd);  // syncfs

}  // namespace cairn::sys
