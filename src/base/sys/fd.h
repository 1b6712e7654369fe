// SPDX-License-Identifier: Apache-2.0
//
// File descriptors, and one thin function per system call on them. Every function retries EINTR,
// sets CLOEXEC, and throws Error::from_errno naming the call and its object; `find_` forms answer
// "not there" (ENOENT, ENOTDIR) with nothing instead.
#pragma once

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

namespace cairn::sys {

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

// --- opening, relative to a directory (or absolute with open_path) ---
Fd open_path(const std::string& path, int flags, mode_t mode = 0);
std::optional<Fd> find_path(const std::string& path, int flags);
Fd open_at(const Fd& dir, const char* path, int flags, mode_t mode = 0);
std::optional<Fd> find_at(const Fd& dir, const char* path, int flags);
// A regular file, to be read: no symlink is followed, a FIFO in its place does not hang, and its
// atime stays as it is where that is ours to say, since a new one would have to be written.
Fd open_file_at(const Fd& dir, const char* name);
Fd duplicate(const Fd& fd);
// The same file opened anew through /proc/self/fd: turns an O_PATH descriptor into a real one.
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
// False when the file is gone or cannot have that name: too many links, another filesystem, a rule.
bool try_link_at(const Fd& from_dir, const char* from, const Fd& to_dir, const char* to);
void rename_at(const Fd& from_dir, const char* from, const Fd& to_dir, const char* to);
void rename_path(const std::string& from, const std::string& to);
void make_node_at(const Fd& dir, const char* path, mode_t mode, dev_t device);
void chown_at(const Fd& dir, const char* path, uid_t uid, gid_t gid);
void chmod_fd(const Fd& fd, mode_t mode);
void chmod_at(const Fd& dir, const char* path, mode_t mode);  // follows: never on a symlink
void set_times_at(const Fd& dir, const char* path, timespec atime, timespec mtime);
void set_mtime(const Fd& fd, timespec mtime);  // also on O_PATH-free directories
// Removes a tree below `dir` without following symlinks or crossing what it cannot open; a missing
// path is no error.
void remove_tree_at(const Fd& dir, const char* path);
void remove_tree(const std::string& path);

struct DirEntry {
  std::string name;
  unsigned char type;  // DT_*; DT_UNKNOWN where the filesystem does not say
};
// All entries but "." and "..", in no order.
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
