// SPDX-License-Identifier: Apache-2.0
//
// The order of work does not show in the digest: entries are sorted by name when a directory is
// listed, and each result goes to its entry's place. A task stack, not a queue: the newest
// directory is worked on first, so the walk is depth-first, and few directories are open. Tasks
// carry a weight, by which the stack decides whether another thread is worth starting.
#include "cache/internal/tree_scan.h"

#include <fcntl.h>

#include <algorithm>

#include "base/error.h"
#include "base/layer_path.h"

namespace cairn::cache::internal {
namespace {

constexpr std::size_t kBufferSize = 256 << 10;
// A batch is large enough that reading it outweighs handing it to a thread, and small against the
// whole tree.
constexpr std::size_t kBatchFiles = 64;
constexpr std::uint64_t kBatchBytes = 4 << 20;
constexpr std::uint64_t kWeightBytes = 16 << 10;  // hashed in about ten microseconds

std::string join(const std::string& dir, const std::string& name) {
  return dir.empty() ? name : dir + "/" + name;
}

std::vector<std::byte>& own_buffer() {
  thread_local std::vector<std::byte> buffer(kBufferSize);
  return buffer;
}

}  // namespace

struct TreeScan::Entry {
  std::string name;
  std::optional<Digest> digest = {};  // nullopt if it is left out in the end
  bool is_file = false;
  bool is_partly_excluded = false;  // a directory that exists only for what is below it
  FileStamp stamp = {};
};

struct TreeScan::Directory {
  Shared parent;          // null at the top
  std::size_t place = 0;  // index in the parent's entries
  std::string path;       // in the root, for the filter
  std::string below_top;  // for the index
  sys::Fd fd = {};
  Sha256 hash = {};  // of its own header so far
  StatIndex::Directory known = {};
  std::size_t known_files = 0;  // how many of those are unchanged
  std::vector<Entry> entries = {};
  std::vector<std::size_t> to_read = {};  // indexes of entries
  std::vector<std::size_t> to_open = {};
  std::atomic<std::size_t> unfinished = 1;  // entries in progress, plus one for the listing
};

Digest TreeScan::run(sys::Fd top, const std::string& path) {
  auto dir = std::make_shared<Directory>();
  dir->path = path;
  dir->fd = std::move(top);
  tasks_.push([this, dir] { list(dir); });
  dir.reset();
  tasks_.run();
  return *result_;
}

void TreeScan::open(const Shared& dir) {
  const Entry& entry = dir->parent->entries[dir->place];
  const char* name = entry.name.c_str();
  if (entry.is_partly_excluded) {
    // An excluded directory may be unreadable; then nothing below it is included.
    std::optional<sys::Fd> found = find_partly_excluded(dir->parent->fd, name);
    if (!found) return done_with_one(dir);
    dir->fd = std::move(*found);
  } else {
    dir->fd = sys::open_at(dir->parent->fd, name, sys::kOpenDir);
  }
  add_header(dir->hash, sys::stat_of(dir->fd), owners());
  add_xattrs(dir->hash, dir->fd);
  list(dir);
}

void TreeScan::list(const Shared& dir) {
  if (options_.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
  if (known_ != nullptr) dir->known = known_->directory(dir->below_top);
  std::vector<sys::DirEntry> found = sys::list_dir(dir->fd);
  std::ranges::sort(found, {}, &sys::DirEntry::name);
  dir->entries.reserve(found.size());
  for (sys::DirEntry& one : found) look_at(*dir, std::move(one.name));
  open_directories(dir);
  read_files(dir);
  done_with_one(dir);
}

void TreeScan::look_at(Directory& dir, std::string name) {
  struct stat st = sys::stat_at(dir.fd, name.c_str());
  bool is_directory = S_ISDIR(st.st_mode);
  auto verdict = PathFilter::Verdict::kIncluded;
  if (options_.filter != nullptr)
    verdict = options_.filter->judge(join(dir.path, name), is_directory);
  if (verdict == PathFilter::Verdict::kExcluded) return;
  if (verdict == PathFilter::Verdict::kPartly && !is_directory) return;
  std::size_t place = dir.entries.size();
  Entry& entry = dir.entries.emplace_back(Entry{.name = std::move(name)});
  if (is_directory) {
    entry.is_partly_excluded = verdict == PathFilter::Verdict::kPartly;
    dir.to_open.push_back(place);
  } else if (S_ISREG(st.st_mode)) {
    look_at_file(dir, place, st);
  } else if (S_ISLNK(st.st_mode)) {
    entry.digest = symlink_digest(dir.fd, entry.name, st, owners());
  } else {
    entry.digest = node_digest(st, owners());
  }
}

void TreeScan::look_at_file(Directory& dir, std::size_t place, const struct stat& st) {
  Entry& entry = dir.entries[place];
  entry.is_file = true;
  entry.stamp = FileStamp::of(st);
  std::optional<IndexedFile> known = dir.known.find(entry.name);
  if (known && known->stamp == entry.stamp && known_->trusts(entry.stamp)) {
    entry.digest = known->digest;
    ++dir.known_files;
  } else {
    dir.to_read.push_back(place);
  }
}

void TreeScan::open_directories(const Shared& dir) {
  // Pushed in reverse, so that the first one is on top of the stack.
  for (std::size_t i = dir->to_open.size(); i-- > 0;) {
    auto below = std::make_shared<Directory>();
    const Entry& entry = dir->entries[dir->to_open[i]];
    below->parent = dir;
    below->place = dir->to_open[i];
    below->path = join(dir->path, entry.name);
    below->below_top = join(dir->below_top, entry.name);
    check_layer_path(below->below_top);
    ++dir->unfinished;
    tasks_.push([this, below] { open(below); });
  }
}

void TreeScan::read_files(const Shared& dir) {
  std::size_t first = 0;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < dir->to_read.size(); ++i) {
    bytes += dir->entries[dir->to_read[i]].stamp.size;
    // Stop before reading, not after: the caller asked for little work.
    if ((bytes_to_read_ += dir->entries[dir->to_read[i]].stamp.size) > options_.most_bytes) {
      throw Error::of(ErrorKind::kLimit, "more than {} bytes to read", options_.most_bytes);
    }
    bool is_full = i + 1 - first == kBatchFiles || bytes >= kBatchBytes;
    if (!is_full && i + 1 < dir->to_read.size()) continue;
    ++dir->unfinished;
    tasks_.push([this, dir, first, last = i + 1] { read_batch(dir, first, last); },
                1 + (i - first) / 2 + bytes / kWeightBytes);
    first = i + 1;
    bytes = 0;
  }
}

void TreeScan::read_batch(const Shared& dir, std::size_t first, std::size_t last) {
  for (std::size_t i = first; i < last; ++i) {
    if (options_.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
    Entry& entry = dir->entries[dir->to_read[i]];
    ErrorContext while_here([&] { return "reading " + join(dir->path, entry.name); });
    sys::Fd file = sys::open_file_at(dir->fd, entry.name.c_str());
    FileContent content = file_content(file, owners(), own_buffer());
    entry.digest = content.digest;
    entry.stamp = content.stamp;
  }
  done_with_one(dir);
}

// The last entry finishes the directory, which may be the last entry of its parent, and so on up.
void TreeScan::done_with_one(Shared dir) {
  while (--dir->unfinished == 0) {
    std::optional<Digest> digest = finish(*dir);
    Shared parent = dir->parent;
    if (parent == nullptr) {
      result_ = digest;
      return;
    }
    parent->entries[dir->place].digest = digest;
    dir = std::move(parent);
  }
}

std::optional<Digest> TreeScan::finish(Directory& dir) {
  // Descriptors are scarce; nothing below needs this one any more.
  dir.fd.reset();
  bool is_empty = true;
  for (const Entry& entry : dir.entries) {
    if (!entry.digest) continue;
    is_empty = false;
    add_entry(dir.hash, entry.name, *entry.digest);
  }
  tell_writer(dir);
  bool counts =
      !is_empty || dir.parent == nullptr || !dir.parent->entries[dir.place].is_partly_excluded;
  if (!counts) return std::nullopt;
  return dir.hash.finish();
}

void TreeScan::tell_writer(Directory& dir) {
  if (writer_ == nullptr) return;
  std::vector<IndexedFile> files;
  // Unchanged directories are kept as blocks of the old index.
  if (!dir.to_read.empty() || dir.known_files != dir.known.size()) {
    for (const Entry& entry : dir.entries) {
      if (entry.is_file) files.push_back({entry.name, entry.stamp, *entry.digest});
    }
  }
  if (!files.empty()) return writer_->add(std::move(dir.below_top), files);
  if (dir.known_files > 0) writer_->keep(std::move(dir.below_top), dir.known);
}

}  // namespace cairn::cache::internal
