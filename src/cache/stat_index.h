// SPDX-License-Identifier: Apache-2.0
//
// What the files of a tree were when they were last read: from path and stat(2) to the digest of
// the content, so that an unchanged file is not read again. One flat file per tree, mapped, its
// directories sorted by path and their files by name, written beside and renamed.
//
// An entry is as good as the clock behind it. A file changed after it was read gets a ctime not
// earlier than the start of the scan that read it; so an entry whose times are not older than that
// start proves nothing (git's "racy" entries), nor does any once the clock went backwards. Contents
// are checked by sums as they are used: the file is written without fsync(2), and a damaged one, or
// one of another version, only costs what reading costs.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/sys/file.h"
#include "base/time.h"

namespace cairn::cache {

// All by which stat(2) tells a file from what it was. Not its owner: that is another number inside
// the builder's user namespace than outside, and a change of it is one of ctime.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;
  std::int64_t ctime = 0;
  std::uint32_t mtime_nanos = 0;
  std::uint32_t ctime_nanos = 0;
  std::uint32_t mode = 0;
  std::uint32_t is_linked = 0;  // the inode has other names

  static FileStamp of(const struct stat& st);
  bool operator==(const FileStamp&) const = default;
};

struct IndexedFile {
  std::string_view name;
  FileStamp stamp;
  Digest digest;
};

class StatIndex {
 public:
  // The files of one directory, sorted by name.
  class Directory {
   public:
    Directory() = default;
    std::size_t size() const { return count_; }
    IndexedFile at(std::size_t i) const;
    // Cheapest when names are asked for in order.
    std::optional<IndexedFile> find(std::string_view name);

   private:
    friend class StatIndex;
    friend class StatIndexWriter;
    const std::byte* block_ = nullptr;
    std::size_t size_ = 0;
    std::size_t count_ = 0;
    std::size_t next_ = 0;
  };

  // Nothing when there is none, or none that can be used at `now`.
  static std::optional<StatIndex> find(const std::string& path, Timestamp now);

  std::size_t directories() const { return count_; }
  std::size_t files() const;
  std::span<const std::byte> bytes() const { return file_.bytes(); }  // of the whole file
  // The empty one for a directory that is not there. `path` as the scan called it.
  Directory directory(std::string_view path) const;
  // The files that this one has and `part` has not, by path; nothing when `part` has one that is
  // not here, or not as it is there.
  std::optional<std::vector<std::string>> beyond(const StatIndex& part) const;
  // Whether a file with this stamp was certainly not changed after the scan read it.
  bool trusts(const FileStamp& stamp) const;

 private:
  friend class StatIndexWriter;
  explicit StatIndex(sys::MappedFile file) : file_(std::move(file)) {}
  struct Row;
  static std::optional<StatIndex> open(const sys::Fd& fd);
  bool is_whole();
  Row row_at(std::size_t i) const;
  Directory directory_of(const Row& row) const;

  sys::MappedFile file_;
  Timestamp started_;
  std::size_t count_ = 0;
};

// The index of a scan in the making. Directories come in any order, from any thread.
class StatIndexWriter {
 public:
  // `known` may be null; it outlives the writer.
  StatIndexWriter(std::string tmp_dir, Timestamp started, const StatIndex* known)
      : tmp_dir_(std::move(tmp_dir)), started_(started), known_(known) {}

  // The files of a directory, sorted by name.
  void add(std::string path, const std::vector<IndexedFile>& files);
  // A directory whose files are those of `known`, each of them trusted.
  void keep(std::string path, const StatIndex::Directory& same);

  // Whether all that came is what `known` has: there is nothing to write then.
  bool is_known() const;
  // Publishes the index as `path` and opens it.
  StatIndex finish(const std::string& path);

 private:
  struct Row {
    std::string path;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    StatIndex::Directory same{};
  };

  void append(std::string_view bytes);
  void append_kept();
  std::string table();
  void flush();

  const std::string tmp_dir_;
  const Timestamp started_;
  const StatIndex* known_;
  std::mutex mutex_;
  std::optional<sys::TempFile> file_;
  std::string buffer_;
  std::uint64_t written_ = 0;
  std::size_t kept_ = 0;
  std::vector<Row> rows_;
};

}  // namespace cairn::cache
