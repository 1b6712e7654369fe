// SPDX-License-Identifier: Apache-2.0
//
// The state of a tree's files when they were last read: from path and stat(2) to the content's
// digest, so that an unchanged file is not read again. One flat, memory-mapped file per tree, with
// directories sorted by path and files by name, replaced by rename(2).
//
// An entry is only as good as the clock. A file changed after it was read has a ctime not earlier
// than the start of the scan that read it. So an entry with times not older than that start proves
// nothing (git's "racy" entries), nor does any entry after the clock went backwards. Data is
// checked by sums as it is used: the file is written without fsync(2), and a damaged one, or one of
// another version, only costs reading the files again.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
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

// All fields of stat(2) that show a change. Not the owner: its number differs inside the builder's
// user namespace, and changing it changes ctime.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;
  std::int64_t ctime = 0;
  std::uint32_t mtime_nanos = 0;
  std::uint32_t ctime_nanos = 0;
  std::uint32_t mode = 0;
  std::uint32_t is_linked = 0;  // 1 if the inode has other names

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
  // The files of one directory, sorted by name. A view into the mapped file: must not outlive the
  // index.
  class Directory {
   public:
    Directory() = default;
    std::size_t size() const { return count_; }
    IndexedFile at(std::size_t i) const;
    // Cheapest if names are asked for in order; else a binary search.
    std::optional<IndexedFile> find(std::string_view name);

   private:
    friend class StatIndex;
    friend class StatIndexWriter;
    const std::byte* block_ = nullptr;
    std::size_t size_ = 0;
    std::size_t count_ = 0;
    std::size_t next_ = 0;
  };

  // nullopt if there is none, it is damaged, or it is from the future of `now`.
  static std::optional<StatIndex> find(const std::string& path, Timestamp now);

  std::size_t directories() const { return count_; }
  std::size_t files() const;
  std::span<const std::byte> bytes() const { return file_.bytes(); }  // of the whole file
  // Empty for an unknown directory. `path` as the scan named it.
  Directory directory(std::string_view path) const;
  // The paths of files in this index but not in `part`; nullopt if `part` has a file that is
  // missing here or differs.
  std::optional<std::vector<std::string>> beyond(const StatIndex& part) const;
  // Whether a file with this stamp has certainly not changed since the scan read it.
  bool trusts(const FileStamp& stamp) const;

 private:
  friend class StatIndexWriter;
  explicit StatIndex(sys::MappedFile file) : file_(std::move(file)) {}
  struct TableRow;
  struct Row;
  static std::optional<StatIndex> open(const sys::Fd& fd);
  bool is_whole();
  Row row_at(std::size_t i) const;
  Directory directory_of(const Row& row) const;

  sys::MappedFile file_;
  Timestamp started_;
  std::size_t count_ = 0;
};

// Writes the index of a scan. Directories may come in any order, from any thread.
class StatIndexWriter {
 public:
  // `known` may be null, and is borrowed. `tmp_dir` gives the directory of the temporary file, and
  // is called only if there is something to write.
  StatIndexWriter(std::function<std::string()> tmp_dir, Timestamp started, const StatIndex* known)
      : tmp_dir_(std::move(tmp_dir)), started_(started), known_(known) {}

  // The files of a directory, sorted by name.
  void add(std::string path, const std::vector<IndexedFile>& files);
  // A directory whose files are exactly those of `known`, all of them trusted.
  void keep(std::string path, const StatIndex::Directory& same);

  // Whether everything equals `known`, so that nothing need be written.
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

  const std::function<std::string()> tmp_dir_;
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
