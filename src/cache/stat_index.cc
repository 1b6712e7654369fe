// SPDX-License-Identifier: Apache-2.0
//
// The file: a header; for each directory a block of records followed by the names they point to;
// and last the table of directories, sorted, followed by their paths. The table is last because the
// number of directories is known only then. Native byte order, as the file never leaves this
// machine. Offsets are checked against the file's size before use.
#include "cache/stat_index.h"

#include <fcntl.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"

namespace cairn::cache {
namespace {

constexpr std::uint64_t kMagic = 0x31'58'44'49'4e'52'41'43;  // "CARNIDX1", the last is the version
// Seconds. Some filesystems have timestamps with steps of two seconds (FAT), and the clock of a
// file server differs slightly from ours.
constexpr std::int64_t kDoubt = 2;

struct Header {
  std::uint64_t magic = kMagic;
  std::int64_t started = 0;
  std::uint64_t started_nanos = 0;
  std::uint64_t count = 0;  // of directories
  std::uint64_t table = 0;  // where the table begins; it ends with the file
  std::uint64_t size = 0;   // of the file
  std::uint64_t sum = 0;    // of the table
};

struct FileRecord {
  FileStamp stamp;
  std::uint32_t name = 0;  // offset in the block
  std::uint32_t name_size = 0;
  Digest::Bytes digest{};
};

static_assert(sizeof(FileStamp) == 56 && sizeof(FileRecord) == 96);

// Detects accidental damage only: anyone who can write here can write anything. Faster than a
// cryptographic hash by far, as it runs over the whole index of each build.
std::uint64_t sum_of(const std::byte* bytes, std::size_t size) {
  std::uint64_t sum = size;
  for (; size >= 8; bytes += 8, size -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, 8);
    sum = std::rotl(sum ^ word, 29) * 0x9e3779b97f4a7c15;
  }
  for (; size > 0; ++bytes, --size) {
    sum = std::rotl(sum ^ static_cast<std::uint64_t>(*bytes), 29) * 0x9e3779b97f4a7c15;
  }
  return sum ^ (sum >> 32);
}

template <typename Value>
Value read_at(const std::byte* bytes) {
  Value value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

template <typename Value>
void put(std::string& out, const Value& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string_view text_at(const std::byte* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// Whether [offset, offset + size) is inside a file of `limit` bytes, without overflow.
bool is_inside(std::uint64_t offset, std::uint64_t size, std::uint64_t limit) {
  return offset <= limit && size <= limit - offset;
}

}  // namespace

struct StatIndex::TableRow {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  std::uint64_t path = 0;  // offset in the file
  std::uint64_t path_size = 0;
};

FileStamp FileStamp::of(const struct stat& st) {
  return {.device = st.st_dev,
          .inode = st.st_ino,
          .size = static_cast<std::uint64_t>(st.st_size),
          .mtime = st.st_mtim.tv_sec,
          .ctime = st.st_ctim.tv_sec,
          .mtime_nanos = static_cast<std::uint32_t>(st.st_mtim.tv_nsec),
          .ctime_nanos = static_cast<std::uint32_t>(st.st_ctim.tv_nsec),
          .mode = st.st_mode,
          .is_linked = st.st_nlink > 1};
}

// --- reading ---

IndexedFile StatIndex::Directory::at(std::size_t i) const {
  FileRecord record = read_at<FileRecord>(block_ + i * sizeof(FileRecord));
  std::string_view name;
  if (is_inside(record.name, record.name_size, size_)) {
    name = text_at(block_ + record.name, record.name_size);
  }
  return {.name = name, .stamp = record.stamp, .digest = Digest(record.digest)};
}

std::optional<IndexedFile> StatIndex::Directory::find(std::string_view name) {
  if (next_ < count_ && at(next_).name == name) return at(next_++);
  std::size_t low = 0;
  for (std::size_t high = count_; low < high;) {
    std::size_t middle = low + (high - low) / 2;
    if (at(middle).name < name) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  next_ = low;
  if (next_ < count_ && at(next_).name == name) return at(next_++);
  return std::nullopt;
}

std::optional<StatIndex> StatIndex::find(const std::string& path, Timestamp now) {
  std::optional<sys::Fd> fd = sys::find_path(path, O_RDONLY);
  if (!fd) return std::nullopt;
  std::optional<StatIndex> index = open(*fd);
  // The clock went backwards, so no time in it can be compared.
  if (index && index->started_ > now) return std::nullopt;
  return index;
}

std::optional<StatIndex> StatIndex::open(const sys::Fd& fd) {
  StatIndex index{sys::MappedFile(fd)};
  if (!index.is_whole()) return std::nullopt;
  return index;
}

bool StatIndex::is_whole() {
  static_assert(sizeof(TableRow) == 48);
  std::span<const std::byte> bytes = file_.bytes();
  if (bytes.size() < sizeof(Header)) return false;
  auto header = read_at<Header>(bytes.data());
  if (header.magic != kMagic || header.size != bytes.size()) return false;
  if (header.table < sizeof(Header) || header.table > bytes.size()) return false;
  std::size_t table_size = bytes.size() - header.table;
  if (header.count > table_size / sizeof(TableRow)) return false;
  if (sum_of(bytes.data() + header.table, table_size) != header.sum) return false;
  started_ = {.seconds = header.started, .nanos = static_cast<std::int32_t>(header.started_nanos)};
  count_ = header.count;
  return true;
}

struct StatIndex::Row {
  TableRow row;
  std::string_view path;  // "" if it is outside the file
};

StatIndex::Row StatIndex::row_at(std::size_t i) const {
  std::span<const std::byte> bytes = file_.bytes();
  const std::byte* table = bytes.data() + read_at<Header>(bytes.data()).table;
  Row row{.row = read_at<TableRow>(table + i * sizeof(TableRow)), .path = {}};
  if (is_inside(row.row.path, row.row.path_size, bytes.size()))
    row.path = text_at(bytes.data() + row.row.path, row.row.path_size);
  return row;
}

StatIndex::Directory StatIndex::directory_of(const Row& row) const {
  std::span<const std::byte> bytes = file_.bytes();
  const TableRow& at = row.row;
  if (!is_inside(at.offset, at.size, bytes.size())) return {};
  if (at.count > at.size / sizeof(FileRecord)) return {};
  const std::byte* block = bytes.data() + at.offset;
  if (sum_of(block, at.size) != at.sum) return {};
  Directory found;
  found.block_ = block;
  found.size_ = at.size;
  found.count_ = at.count;
  return found;
}

std::size_t StatIndex::files() const {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < count_; ++i) sum += row_at(i).row.count;
  return sum;
}

StatIndex::Directory StatIndex::directory(std::string_view path) const {
  std::size_t low = 0;
  for (std::size_t high = count_; low < high;) {
    std::size_t middle = low + (high - low) / 2;
    if (row_at(middle).path < path) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == count_) return {};
  Row row = row_at(low);
  return row.path == path ? directory_of(row) : Directory();
}

std::optional<std::vector<std::string>> StatIndex::beyond(const StatIndex& part) const {
  std::vector<std::string> more;
  std::size_t found = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    Row row = row_at(i);
    Directory here = directory_of(row);
    Directory there = part.directory(row.path);
    for (std::size_t j = 0; j < here.size(); ++j) {
      IndexedFile file = here.at(j);
      std::optional<IndexedFile> same = there.find(file.name);
      if (!same) {
        more.push_back(std::string(row.path) + "/" + std::string(file.name));
      } else if (same->stamp != file.stamp || same->digest != file.digest) {
        return std::nullopt;
      } else {
        ++found;
      }
    }
  }
  if (found != part.files()) return std::nullopt;
  return more;
}

bool StatIndex::trusts(const FileStamp& stamp) const {
  Timestamp mtime{.seconds = stamp.mtime, .nanos = static_cast<std::int32_t>(stamp.mtime_nanos)};
  Timestamp ctime{.seconds = stamp.ctime, .nanos = static_cast<std::int32_t>(stamp.ctime_nanos)};
  Timestamp latest = std::max(mtime, ctime);
  latest.seconds += kDoubt;
  return latest < started_;
}

// --- writing ---

void StatIndexWriter::add(std::string path, const std::vector<IndexedFile>& files) {
  std::string block;
  std::size_t names = files.size() * sizeof(FileRecord);
  for (const IndexedFile& file : files) {
    put(block, FileRecord{.stamp = file.stamp,
                          .name = static_cast<std::uint32_t>(names),
                          .name_size = static_cast<std::uint32_t>(file.name.size()),
                          .digest = file.digest.bytes()});
    names += file.name.size();
  }
  for (const IndexedFile& file : files) block += file.name;
  std::uint64_t sum = sum_of(reinterpret_cast<const std::byte*>(block.data()), block.size());
  std::lock_guard lock(mutex_);
  rows_.push_back({.path = std::move(path),
                   .offset = written_,
                   .size = block.size(),
                   .count = files.size(),
                   .sum = sum});
  append(block);
}

void StatIndexWriter::keep(std::string path, const StatIndex::Directory& same) {
  std::lock_guard lock(mutex_);
  ++kept_;
  rows_.push_back({.path = std::move(path), .same = same});
}

bool StatIndexWriter::is_known() const {
  return known_ != nullptr && kept_ == rows_.size() && kept_ == known_->directories();
}

void StatIndexWriter::append(std::string_view bytes) {
  constexpr std::size_t kChunk = 256 << 10;
  // No file until there is something to write: an unchanged tree writes nothing.
  if (!file_) {
    file_.emplace(tmp_dir_());
    put(buffer_, Header{});
  }
  buffer_ += bytes;
  written_ += bytes.size();
  if (buffer_.size() >= kChunk) flush();
}

void StatIndexWriter::flush() {
  sys::write_all(file_->fd(), buffer_);
  buffer_.clear();
}

StatIndex StatIndexWriter::finish(const std::string& path) {
  append_kept();
  Header header{.started = started_.seconds,
                .started_nanos = static_cast<std::uint64_t>(started_.nanos),
                .count = rows_.size()};
  header.table = sizeof(Header) + written_;
  std::string table = this->table();
  header.size = header.table + table.size();
  header.sum = sum_of(reinterpret_cast<const std::byte*>(table.data()), table.size());
  append(table);
  flush();
  // The header goes last, over the placeholder: only now are its fields known.
  sys::rewind(file_->fd());
  put(buffer_, header);
  flush();
  std::optional<StatIndex> index = StatIndex::open(file_->fd());
  CAIRN_ASSERT(index, "an index is not what was written");
  file_->publish(path);
  return *std::move(index);
}

void StatIndexWriter::append_kept() {
  append("");
  for (Row& row : rows_) {
    if (row.same.count_ == 0) continue;
    row.offset = written_;
    row.size = row.same.size_;
    row.count = row.same.count_;
    row.sum = sum_of(row.same.block_, row.size);
    append(text_at(row.same.block_, row.size));
  }
}

std::string StatIndexWriter::table() {
  std::ranges::sort(rows_, {}, &Row::path);
  std::string table;
  std::uint64_t paths = sizeof(Header) + written_ + rows_.size() * sizeof(StatIndex::TableRow);
  for (const Row& row : rows_) {
    put(table, StatIndex::TableRow{.offset = sizeof(Header) + row.offset,
                                   .size = row.size,
                                   .count = row.count,
                                   .sum = row.sum,
                                   .path = paths,
                                   .path_size = row.path.size()});
    paths += row.path.size();
  }
  for (const Row& row : rows_) table += row.path;
  return table;
}

}  // namespace cairn::cache
