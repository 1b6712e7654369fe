// SPDX-License-Identifier: Apache-2.0
//
// Temporary names are made in the target directory, so that publishing them is a rename(2) within
// one filesystem. A lock is an flock(2) on a file that another process may remove at any time, so
// each lock is checked against its name after it is taken.
#include "base/sys/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/attempt.h"
#include "base/error.h"

namespace cairn::sys {
namespace {

// The previous holder may have removed the file after we opened it. A lock on a file without its
// name excludes nobody.
bool is_named(const struct stat& status, const std::string& path) {
  struct stat named {};
  return ::lstat(path.c_str(), &named) == 0 && named.st_ino == status.st_ino &&
         named.st_dev == status.st_dev;
}

// On a read-only filesystem an existing lock can still be taken, for commands that only look.
Fd open_lock(const std::string& path) {
  Fd fd(retry_eintr(
      [&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600); }));
  if (fd) return fd;
  int code = errno;
  if (code == EROFS) {
    if (std::optional<Fd> there = find_path(path, O_RDONLY | O_NOFOLLOW)) return std::move(*there);
  }
  throw Error::from_errno(code, "open {}", path);
}

std::optional<Fd> lock_file(const std::string& path, FileLock::Mode mode, int extra) {
  int kind = (mode == FileLock::Mode::kShared ? LOCK_SH : LOCK_EX) | extra;
  while (true) {
    Fd fd = open_lock(path);
    if (retry_eintr([&] { return ::flock(fd.get(), kind); }) < 0) {
      if (errno == EWOULDBLOCK) return std::nullopt;
      throw Error::from_errno(errno, "lock {}", path);
    }
    struct stat status = stat_of(fd);
    if (!is_named(status, path)) continue;
    // Anyone who can open the file can hold up everybody else. So the mode is fixed, whatever the
    // umask and whoever made it.
    if ((status.st_mode & 0777) != 0600) ::fchmod(fd.get(), 0600);
    return fd;
  }
}

}  // namespace

TempFile::TempFile(const std::string& dir) : path_(dir + "/tmp-XXXXXX") {
  fd_ = Fd(::mkostemp(path_.data(), O_CLOEXEC));
  if (!fd_) throw Error::from_errno(errno, "make a temporary file in {}", dir);
}

TempFile::~TempFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

TempFile::TempFile(TempFile&& other) noexcept
    : fd_(std::move(other.fd_)), path_(std::exchange(other.path_, {})) {}

void TempFile::commit(const std::string& path) {
  if (::fsync(fd_.get()) < 0) throw Error::from_errno(errno, "fsync {}", path_);
  publish(path);
}

void TempFile::publish(const std::string& path) {
  rename_path(path_, path);
  path_.clear();
}

void replace_file(const std::string& path, std::string_view text, mode_t mode) {
  std::size_t slash = path.rfind('/');
  TempFile file(slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash));
  write_all(file.fd(), text);
  chmod_fd(file.fd(), mode);
  file.commit(path);
}

TempDir::TempDir(const std::string& parent, std::string_view prefix)
    : path_(parent + "/" + std::string(prefix) + "XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) {
    int code = errno;
    path_.clear();
    throw Error::from_errno(code, "make a temporary directory in {}", parent);
  }
}

TempDir::~TempDir() {
  if (path_.empty()) return;
  // What is left is garbage, which the next garbage collection removes.
  best_effort([&] { remove_tree(path_); });
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

void TempDir::commit(const std::string& path) {
  rename_path(path_, path);
  path_.clear();
}

FileLock FileLock::lock(const std::string& path, Mode mode) {
  return FileLock(*lock_file(path, mode, 0));
}

std::optional<FileLock> FileLock::try_lock(const std::string& path, Mode mode) {
  std::optional<Fd> fd = lock_file(path, mode, LOCK_NB);
  if (!fd) return std::nullopt;
  return FileLock(std::move(*fd));
}

std::optional<LockFile> LockFile::try_lock(const std::string& path) {
  std::optional<Fd> fd = lock_file(path, FileLock::Mode::kExclusive, LOCK_NB);
  if (!fd) return std::nullopt;
  return LockFile(std::move(*fd), path);
}

LockFile::~LockFile() {
  // Before the lock is released, so that nobody locks a name that is about to go.
  if (!path_.empty()) ::unlink(path_.c_str());
}

LockFile::LockFile(LockFile&& other) noexcept
    : fd_(std::move(other.fd_)), path_(std::exchange(other.path_, {})) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

MappedFile::MappedFile(const Fd& fd) : size_(static_cast<std::size_t>(stat_of(fd).st_size)) {
  // mmap(2) refuses a length of 0.
  if (size_ == 0) return;
  void* data = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) throw Error::from_errno(errno, "map a file of {} bytes", size_);
  data_ = static_cast<const std::byte*>(data);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

}  // namespace cairn::sys
