// SPDX-License-Identifier: Apache-2.0
#include "overlay/internal/tree_copy.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <span>
#include <utility>

#include "base/error.h"
#include "overlay/internal/copy_entry.h"
#include "overlay/internal/marks.h"

namespace cairn::overlay::internal {
namespace {

constexpr int kOpenDir = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
constexpr std::size_t kBatchItems = 128;
constexpr off_t kBatchBytes = 16 << 20;

std::string join(const std::string& dir, const std::string& name) {
  return dir.empty() || dir == "/" ? dir + name : dir + "/" + name;
}

}  // namespace

struct TreeCopy::Node {
  Shared parent = nullptr;  // until this one is open
  std::string name = {};
  std::string source_path = {};        // in the source root
  std::string below = {};              // below the top
  std::optional<struct stat> st = {};  // of the source; the top gets no metadata
  bool is_new = false;                 // nothing was at the destination
  bool has_lower = false;
  sys::Fd source = {};
  sys::Fd dest = {};
  sys::Fd lower = {};
  std::atomic<std::size_t> unfinished = 1;  // batches, and the listing
};

void TreeCopy::run(sys::Fd source, const std::string& source_path, BareDirectory dest,
                   const std::string& dest_path) {
  dest_path_ = dest_path;
  sys::Fd top = sys::duplicate(dest.upper);
  auto node = std::make_shared<Node>();
  node->source_path = source_path;
  node->source = std::move(source);
  if (options_.known != nullptr && options_.filter == nullptr) {
    std::optional<sys::Fd> bare = options_.known->bare();
    is_bare_ = bare.has_value();
    if (bare) node->source = std::move(*bare);
  }
  node->dest = std::move(dest.upper);
  node->lower = std::move(dest.lower);
  tasks_.push([this, node] { list(node); });
  node.reset();
  tasks_.run();
  make_later_links(top);
}

void TreeCopy::open(Node& node) const {
  const char* name = node.name.c_str();
  node.source = sys::open_at(node.parent->source, name, kOpenDir);
  node.dest = sys::open_at(node.parent->dest, name, kOpenDir);
  if (node.has_lower) {
    node.lower = sys::open_at(node.parent->lower, name, kOpenDir);
    copy_xattrs(node.lower, node.dest);  // as overlayfs does when it copies up
  }
  node.parent.reset();
}

// A file is looked at when it is opened, unless somebody wants to know of it before.
void TreeCopy::list(const Shared& node) {
  if (node->parent) open(*node);
  std::vector<sys::DirEntry> found = sys::list_dir(node->source);
  std::ranges::sort(found, {}, &sys::DirEntry::name);
  bool marks = is_bare_ && opacity(node->source) == Opacity::kHoldsWhiteouts;
  bool looks = options_.known != nullptr && options_.known->wants_stats();
  std::vector<Item> batch;
  for (sys::DirEntry& entry : found) {
    Item item{.name = std::move(entry.name), .st = {}};
    if (looks || entry.type != DT_REG) item.st = sys::stat_at(node->source, item.name.c_str());
    if (is_bare_ && is_whiteout(node->source, item, marks)) continue;
    if (!takes(*node, item)) continue;
    if (item.is_directory()) {
      make_directory(node, item);
      continue;
    }
    batch.push_back(std::move(item));
    if (batch.size() == kBatchItems) push_batch(node, std::exchange(batch, {}));
  }
  push_batch(node, std::move(batch));
  done_with_one(*node);
}

void TreeCopy::push_batch(const Shared& node, std::vector<Item> items, std::size_t weight_of_one) {
  if (items.empty()) return;
  ++node->unfinished;
  std::size_t weight = items.size() * weight_of_one;
  tasks_.push([this, node, items = std::move(items)]() mutable { copy_batch(node, items); },
              weight);
}

// `marks` tells of a directory in which empty files may be whiteouts.
bool TreeCopy::is_whiteout(const sys::Fd& dir, const Item& item, bool marks) {
  if (is_whiteout_device(*item.st)) return true;
  return marks && S_ISREG(item.st->st_mode) && item.st->st_size == 0 &&
         has_whiteout_mark(dir, item.name.c_str());
}

// An excluded directory comes into being only when something below it is included.
bool TreeCopy::takes(const Node& node, const Item& item) const {
  if (options_.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
  if (options_.filter == nullptr) return true;
  std::string path = join(node.source_path, item.name);
  auto verdict = options_.filter->judge(path, item.is_directory());
  if (verdict != PathFilter::Verdict::kPartly) return verdict == PathFilter::Verdict::kIncluded;
  return item.is_directory() &&
         includes_below(*options_.filter, sys::open_at(node.source, item.name.c_str(), kOpenDir),
                        path);
}

std::optional<struct stat> TreeCopy::find_at_dest(const Node& node, const std::string& name) const {
  if (node.is_new) return std::nullopt;
  std::optional<struct stat> st = sys::find_stat_at(node.dest, name.c_str());
  if (!st && node.lower) st = sys::find_stat_at(node.lower, name.c_str());
  return st;
}

void TreeCopy::make_directory(const Shared& node, const Item& item) {
  const char* name = item.name.c_str();
  std::optional<struct stat> there = find_at_dest(*node, item.name);
  std::string path = join(dest_path_, join(node->below, item.name));
  if (there && !S_ISDIR(there->st_mode)) {
    Error error = Error::of(ErrorKind::kDockerfile, "cannot copy to non-directory: {}", path);
    if (S_ISLNK(there->st_mode)) {
      bool in_upper = sys::find_stat_at(node->dest, name).has_value();
      std::string target = sys::read_link_at(in_upper ? node->dest : node->lower, name);
      error.set_hint(
          fmt::format("{0} is a symlink to {1} in this stage: copy to {1} instead, or make the "
                      "source a link too",
                      path, target));
    }
    throw error;
  }
  if (!there || (node->lower && !sys::find_stat_at(node->dest, name))) {
    sys::make_dir_at(node->dest, name, 0700);
  }
  auto made = std::make_shared<Node>();
  made->parent = node;
  made->name = item.name;
  made->source_path = join(node->source_path, item.name);
  made->below = join(node->below, item.name);
  made->st = item.st;
  made->is_new = !there;
  if (there && node->lower) {
    std::optional<struct stat> lower = sys::find_stat_at(node->lower, name);
    made->has_lower = lower && S_ISDIR(lower->st_mode);
  }
  tasks_.push([this, made] { list(made); });
}

// What one thread copies of a directory.
struct TreeCopy::Batch {
  const Shared& node;
  std::span<Item> rest;
  std::unique_ptr<KnownDirectory> known = nullptr;
  std::optional<NewFile> last = {};
  off_t bytes = 0;
};

void TreeCopy::copy_batch(const Shared& node, std::span<Item> items) {
  Batch batch{.node = node, .rest = items};
  if (options_.known != nullptr) batch.known = options_.known->directory(node->below);
  while (!batch.rest.empty()) {
    if (options_.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
    const Item& item = batch.rest.front();
    batch.rest = batch.rest.subspan(1);
    copy_one(batch, item);
  }
  batch.known.reset();  // before the directory may be finished
  done_with_one(*node);
}

// Before a batch that turns out to be large goes on, others get what is left of it.
void TreeCopy::share(Batch& batch) {
  constexpr std::size_t kLarge = 1024;
  std::size_t half = batch.rest.size() / 2;
  for (std::span<Item> part : {batch.rest.subspan(half), batch.rest.first(half)}) {
    auto begin = std::make_move_iterator(part.begin());
    push_batch(batch.node, {begin, begin + static_cast<std::ptrdiff_t>(part.size())}, kLarge);
  }
  batch.rest = {};
}

void TreeCopy::copy_one(Batch& batch, const Item& item) {
  Node& node = *batch.node;
  clear_target(node, item.name);
  if (!item.st || S_ISREG(item.st->st_mode)) return copy_regular(batch, item);
  std::string path = join(node.source_path, item.name);
  Entry entry{node.source, item.name, path, node.dest, item.name};
  if (S_ISLNK(item.st->st_mode)) return copy_symlink(entry, *item.st, options_);
  copy_node(entry, *item.st, options_);
}

void TreeCopy::copy_regular(Batch& batch, const Item& item) {
  Node& node = *batch.node;
  KnownDirectory* known = batch.known.get();
  auto links = [&](const std::optional<Twin>& twin) {
    return twin && try_link(*twin, node.dest, item.name);
  };
  if (known != nullptr && links(known->find_known(item.name))) return;
  if (item.st) {
    if (waits_for_other_name(batch, item.name, *item.st)) return;
    if (known != nullptr && links(known->find_equal(item.name, *item.st))) return;
  }
  std::string path = join(node.source_path, item.name);
  OpenFile source = look_at(sys::open_file_at(node.source, item.name.c_str()), path);
  if (!item.st && waits_for_other_name(batch, item.name, source.st)) return;
  batch.bytes += source.st.st_size;
  if (batch.bytes >= kBatchBytes) share(batch);
  copy_file({node.source, item.name, path, node.dest, item.name}, source, options_, known,
            batch.last);
  if (known != nullptr) known->copied(item.name, source);
}

// A file or link may replace a file or a link, never a directory.
void TreeCopy::clear_target(const Node& node, const std::string& name) const {
  std::optional<struct stat> there = find_at_dest(node, name);
  if (!there) return;
  if (S_ISDIR(there->st_mode)) {
    throw Error::of(ErrorKind::kDockerfile, "cannot replace to directory {} with file",
                    join(dest_path_, join(node.below, name)));
  }
  // What is in the lower directory alone is hidden by what comes.
  if (!node.lower || sys::find_stat_at(node.dest, name.c_str())) {
    sys::unlink_at(node.dest, name.c_str());
  }
}

bool TreeCopy::waits_for_other_name(Batch& batch, const std::string& name, const struct stat& st) {
  if (st.st_nlink == 1) return false;
  std::string path = join(batch.node->below, name);
  std::lock_guard lock(mutex_);
  auto [seen, first] = seen_.try_emplace({st.st_dev, st.st_ino}, path);
  if (first) return false;
  later_.emplace_back(std::move(path), seen->second);
  if (batch.known) batch.known->linked(name, st);
  return true;
}

void TreeCopy::done_with_one(Node& node) const {
  if (--node.unfinished > 0) return;
  if (options_.known != nullptr) options_.known->finished(node.below);
  if (node.st) apply_metadata(node.dest, node.source, *node.st, options_);
}

// The directories are finished by then, and keep their times.
void TreeCopy::make_later_links(const sys::Fd& top) {
  sys::RootDir root(sys::duplicate(top));
  for (const auto& [path, first] : later_) {
    sys::RootDir::Parent from = root.open_parent(first);
    sys::RootDir::Parent to = root.open_parent(path);
    struct stat st = sys::stat_of(to.dir);
    sys::link_at(from.dir, from.name.c_str(), to.dir, to.name.c_str());
    sys::set_mtime(to.dir, st.st_mtim);
  }
}

}  // namespace cairn::overlay::internal
