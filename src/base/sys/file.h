// SPDX-License-Identifier: Apache-2.0
//
// Handles for temporary files and directories that appear under their final name whole or not at
// all, for locks between processes, and for mapped files. All throw kHost.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/sys/fd.h"

namespace cairn::sys {

// A file that is written under a temporary name in `dir`. The destructor removes it unless it was
// committed.
class TempFile {
 public:
  explicit TempFile(const std::string& dir);
  ~TempFile();
  TempFile(TempFile&& other) noexcept;
  TempFile& operator=(TempFile&&) = delete;

  const Fd& fd() const { return fd_; }
  const std::string& path() const { return path_; }
  // Calls fsync(2), then renames the file over `path`, which must be on the same filesystem.
  void commit(const std::string& path);
  // The same without fsync(2), for files that can be made again and carry checksums: after a crash
  // of the machine the content may be anything.
  void publish(const std::string& path);

 private:
  Fd fd_;
  std::string path_;
};

// Replaces a file atomically (temporary file, fsync, rename): a reader sees the old bytes or the
// new ones.
void replace_file(const std::string& path, std::string_view text, mode_t mode = 0644);

// A temporary directory, removed with its content by the destructor unless it was committed.
class TempDir {
 public:
  explicit TempDir(const std::string& parent, std::string_view prefix = "tmp-");
  ~TempDir();
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&&) = delete;

  const std::string& path() const { return path_; }
  // Renames the directory to its final path and gives up ownership.
  void commit(const std::string& path);

 private:
  std::string path_;
};

// An flock(2) on a file; the kernel releases it when the process ends. The file is created when it
// is missing, with mode 0600. While the lock is held, the file is the one that has the name, so an
// exclusive holder may remove it.
class FileLock {
 public:
  enum class Mode { kShared, kExclusive };
  static FileLock lock(const std::string& path, Mode mode);  // waits
  static std::optional<FileLock> try_lock(const std::string& path, Mode mode);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

// An exclusive lock whose file exists only while it is held, so that there may be locks for a
// million things.
class LockFile {
 public:
  static std::optional<LockFile> try_lock(const std::string& path);
  ~LockFile();
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;

 private:
  LockFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd fd_;
  std::string path_;
};

// A whole file mapped for reading. An empty file gives an empty span. The bytes are valid while the
// object lives; a file that is truncated meanwhile raises SIGBUS.
class MappedFile {
 public:
  explicit MappedFile(const Fd& fd);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace cairn::sys
