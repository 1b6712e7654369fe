// SPDX-License-Identifier: Apache-2.0
//
// Handles on files that live for a while or must appear whole: temporary files and directories,
// locks between processes, mapped files.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/sys/fd.h"

namespace cairn::sys {

// A file being written beside its final place. Without commit() it vanishes.
class TempFile {
 public:
  explicit TempFile(const std::string& dir);
  ~TempFile();
  TempFile(TempFile&& other) noexcept;
  TempFile& operator=(TempFile&&) = delete;

  const Fd& fd() const { return fd_; }
  const std::string& path() const { return path_; }
  // Fsyncs the file, then renames it over `path`, which must lie on the same filesystem.
  void commit(const std::string& path);
  // The same without fsync(2), for what can be made again and carries checksums: after a crash of
  // the machine it may hold anything.
  void publish(const std::string& path);

 private:
  Fd fd_;
  std::string path_;
};

// Writes beside, fsyncs, renames: a reader sees the old bytes or the new ones.
void replace_file(const std::string& path, std::string_view text, mode_t mode = 0644);

// A directory that is removed with all that is in it, unless kept.
class TempDir {
 public:
  explicit TempDir(const std::string& parent, std::string_view prefix = "tmp-");
  ~TempDir();
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&&) = delete;

  const std::string& path() const { return path_; }
  // Renames the directory to its final place and lets go of it.
  void commit(const std::string& path);

 private:
  std::string path_;
};

// An flock(2) on a file, released with the process at the latest.
class FileLock {
 public:
  enum class Mode { kShared, kExclusive };
  static FileLock take(const std::string& path, Mode mode);  // waits
  static std::optional<FileLock> try_take(const std::string& path, Mode mode);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

// An exclusive lock whose file is there only while somebody holds it, so that there may be one for
// each of a million things.
class PassingLock {
 public:
  static std::optional<PassingLock> try_take(const std::string& path);
  ~PassingLock();
  PassingLock(PassingLock&& other) noexcept;
  PassingLock& operator=(PassingLock&& other) noexcept;

 private:
  PassingLock(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd fd_;
  std::string path_;
};

// A whole file mapped for reading; an empty file is an empty span.
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
