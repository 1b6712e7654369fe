// SPDX-License-Identifier: Apache-2.0
#include "base/sys/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

namespace cairn::sys {
namespace {

std::optional<Fd> lock_file(const std::string& path, FileLock::Mode mode, int extra) {
  Fd fd = open_path(path, O_RDWR | O_CREAT, 0600);
  int kind = (mode == FileLock::Mode::kShared ? LOCK_SH : LOCK_EX) | extra;
  if (retry_eintr([&] { return ::flock(fd.get(), kind); }) == 0) return fd;
  if (errno == EWOULDBLOCK) return std::nullopt;
  throw Error::from_errno(errno, "lock {}", path);
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
  try {
    remove_tree(path_);
  } catch (const Error&) {
    // What is left behind is disposable; the next garbage collection takes it.
  }
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

void TempDir::commit(const std::string& path) {
  rename_path(path_, path);
  path_.clear();
}

FileLock FileLock::take(const std::string& path, Mode mode) {
  return FileLock(*lock_file(path, mode, 0));
}

std::optional<FileLock> FileLock::try_take(const std::string& path, Mode mode) {
  std::optional<Fd> fd = lock_file(path, mode, LOCK_NB);
  if (!fd) return std::nullopt;
  return FileLock(std::move(*fd));
}

std::optional<PassingLock> PassingLock::try_take(const std::string& path) {
  while (true) {
    std::optional<Fd> fd = lock_file(path, FileLock::Mode::kExclusive, LOCK_NB);
    if (!fd) return std::nullopt;
    // Who held it before may have removed the file after we opened it; then we hold nothing.
    struct stat ours = stat_of(*fd), named{};
    if (::stat(path.c_str(), &named) == 0 && named.st_ino == ours.st_ino &&
        named.st_dev == ours.st_dev) {
      return PassingLock(std::move(*fd), path);
    }
  }
}

PassingLock::~PassingLock() {
  if (!path_.empty()) ::unlink(path_.c_str());  // while we still hold it
}

PassingLock::PassingLock(PassingLock&& other) noexcept
    : fd_(std::move(other.fd_)), path_(std::exchange(other.path_, {})) {}

PassingLock& PassingLock::operator=(PassingLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

MappedFile::MappedFile(const Fd& fd) : size_(static_cast<std::size_t>(stat_of(fd).st_size)) {
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
