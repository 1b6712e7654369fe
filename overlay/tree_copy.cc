// SPDX-License-Identifier: Apache-2.0
//
// Tasks on a stack (base/task_stack.h), so that a tree is copied depth first and few directories
// are open at once. Small files dominate, so the work per file is kept to open, create, copy and
// set the time. A batch of names bounds what one thread takes; when its files turn out to be large,
// the rest is shared out again. Second names of an inode wait to the end, when the first surely
// exists.
#include "overlay/internal/tree_copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <random>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/layer_path.h"
#include "base/sys/scope_exit.h"
#include "overlay/internal/copy_entry.h"
#include "overlay/internal/overlay_xattrs.h"

namespace cairn::overlay::internal {
namespace {

constexpr std::size_t kCopyBatchItems = 128;
constexpr off_t kCopyBatchBytes = 16 << 20;

std::string join(const std::string& dir, const std::string& name) {
  return dir.empty() || dir == "/" ? dir + name : dir + "/" + name;
}

}  // namespace

struct TreeCopy::Node {
  Shared parent = nullptr;  // held until this directory is open
  std::string name = {};
  std::string source_path = {};        // in the source root
  std::string below = {};              // below the top
  std::optional<struct stat> st = {};  // of the source; unset for the top, which gets no metadata
  bool is_new = false;                 // the destination had no such directory
  bool has_lower = false;
  sys::Fd source = {};
  sys::Fd dest = {};
  sys::Fd lower = {};
  std::atomic<std::size_t> unfinished = 1;  // batches still running, plus one for the listing
};

TreeCopy::TreeCopy(const CopyOptions& options) : options_(options) {
  if (options.replaces_entries) beside_ = fmt::format(".cairn-{:08x}-", std::random_device()());
}

void TreeCopy::run(sys::Fd source, const std::string& source_path, LayerDirectory dest,
                   const std::string& dest_path) {
  dest_path_ = dest_path;
  sys::Fd top = sys::duplicate(dest.upper);
  auto node = std::make_shared<Node>();
  node->source_path = source_path;
  node->source = std::move(source);
  if (options_.known != nullptr && options_.filter == nullptr) {
    std::optional<sys::Fd> bare = options_.known->layer_directory();
    is_bare_ = bare.has_value();
    if (bare) node->source = std::move(*bare);
  }
  node->dest = std::move(dest.upper);
  node->lower = std::move(dest.lower);
  tasks_.push([this, node] { list(node); });
  // The task holds the only reference, so that the directory closes when its work is done.
  node.reset();
  tasks_.run();
  make_later_links(top);
}

// Opened by the task itself, so queued directories hold no descriptors.
void TreeCopy::open(Node& node) const {
  const char* name = node.name.c_str();
  node.source = sys::open_at(node.parent->source, name, sys::kOpenDir);
  node.dest = sys::open_at(node.parent->dest, name, sys::kOpenDir);
  if (node.has_lower) {
    node.lower = sys::open_at(node.parent->lower, name, sys::kOpenDir);
    copy_xattrs(node.lower, node.dest);  // overlayfs does the same when it copies up
  }
  node.parent.reset();
}

// stat(2) is put off until a file is opened, unless the caller wants it earlier (wants_stats()).
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
    if (batch.size() == kCopyBatchItems) push_batch(node, std::exchange(batch, {}));
  }
  push_batch(node, std::move(batch));
  done_with_one(*node);
}

// Counted before the task exists, so that the directory cannot finish under it.
void TreeCopy::push_batch(const Shared& node, std::vector<Item> items, std::size_t weight_of_one) {
  if (items.empty()) return;
  ++node->unfinished;
  std::size_t weight = items.size() * weight_of_one;
  tasks_.push([this, node, items = std::move(items)]() mutable { copy_batch(node, items); },
              weight);
}

// `marks`: empty files in this directory may be whiteouts (opaque=x).
bool TreeCopy::is_whiteout(const sys::Fd& dir, const Item& item, bool marks) {
  if (is_whiteout_device(*item.st)) return true;
  return marks && S_ISREG(item.st->st_mode) && item.st->st_size == 0 &&
         has_whiteout_mark(dir, item.name.c_str());
}

// An excluded directory is made only if something below it is included.
bool TreeCopy::takes(const Node& node, const Item& item) const {
  if (options_.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
  if (options_.filter == nullptr) return true;
  std::string path = join(node.source_path, item.name);
  auto verdict = options_.filter->judge(path, item.is_directory());
  if (verdict != PathFilter::Verdict::kPartly) return verdict == PathFilter::Verdict::kIncluded;
  return item.is_directory() &&
         includes_below(*options_.filter, node.source, item.name.c_str(), path);
}

// With a bypassed mount, the merged view is the upper directory and then the lower one.
std::optional<struct stat> TreeCopy::find_at_dest(const Node& node, const std::string& name) const {
  if (node.is_new) return std::nullopt;
  std::optional<struct stat> st = sys::find_stat_at(node.dest, name.c_str());
  if (!st && node.lower) st = sys::find_stat_at(node.lower, name.c_str());
  return st;
}

// Makes the directory now and leaves its contents to a task of their own.
void TreeCopy::make_directory(const Shared& node, const Item& item) {
  const char* name = item.name.c_str();
  std::optional<struct stat> there = find_at_dest(*node, item.name);
  std::string path = join(dest_path_, join(node->below, item.name));
  if (there && !S_ISDIR(there->st_mode) && options_.replaces_entries) {
    sys::unlink_at(node->dest, name);
    there.reset();
  }
  if (there && !S_ISDIR(there->st_mode)) {
    Error error = dockerfile_error("cannot copy to non-directory: {}", path);
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
    // 0700 until done_with_one() sets its metadata.
    sys::make_dir_at(node->dest, name, 0700);
  }
  auto made = std::make_shared<Node>();
  made->parent = node;
  made->name = item.name;
  made->source_path = join(node->source_path, item.name);
  made->below = join(node->below, item.name);
  check_layer_path(made->below);
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
  std::optional<FreshInode> last = {};
  off_t bytes = 0;
};

// Cancellation is checked for each file: one of them may take long.
void TreeCopy::copy_batch(const Shared& node, std::span<Item> items) {
  Batch batch{.node = node, .rest = items};
  if (options_.known != nullptr) batch.known = options_.known->directory(node->below);
  while (!batch.rest.empty()) {
    if (options_.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
    const Item& item = batch.rest.front();
    batch.rest = batch.rest.subspan(1);
    copy_one(batch, item);
  }
  batch.known.reset();  // must be gone before finished() is called for the directory
  done_with_one(*node);
}

// Hands the rest of a batch to other threads once its files turn out to be large.
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
  put(node.dest, item.name, [&](const std::string& name) {
    Entry entry{node.source, item.name, path, node.dest, name};
    if (S_ISLNK(item.st->st_mode)) return copy_symlink(entry, *item.st, options_);
    copy_node(entry, *item.st, options_);
  });
}

// Cheapest way first: a link that needs no look at the file, a link after stat(2), a copy.
void TreeCopy::copy_regular(Batch& batch, const Item& item) {
  Node& node = *batch.node;
  KnownDirectory* known = batch.known.get();
  auto links = [&](const std::optional<LinkTarget>& twin) {
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
  if (batch.bytes >= kCopyBatchBytes) share(batch);
  put(node.dest, item.name, [&](const std::string& name) {
    copy_file({node.source, item.name, path, node.dest, name}, source, options_, known, batch.last);
  });
  if (known != nullptr) known->copied(item.name, source);
}

// Calls `make` with the name under which the entry is created: its own, or a temporary one.
template <typename Make>
void TreeCopy::put(const sys::Fd& dir, const std::string& name, Make make) {
  if (!options_.replaces_entries) return make(name);
  std::string beside = fmt::format("{}{}.tmp", beside_, named_beside_++);
  // Also where rename(2) did nothing because both names are the same file.
  sys::ScopeExit remove([&] { ::unlinkat(dir.get(), beside.c_str(), 0); });
  make(beside);
  sys::rename_at(dir, beside.c_str(), dir, name.c_str());
}

// A file or symlink replaces a file or symlink, and a directory only under replaces_entries.
void TreeCopy::clear_target(const Node& node, const std::string& name) {
  std::optional<struct stat> there = find_at_dest(node, name);
  if (!there) return;
  if (options_.replaces_entries) {
    if (S_ISDIR(there->st_mode)) sys::remove_tree_at(node.dest, name.c_str());
    return;
  }
  if (S_ISDIR(there->st_mode)) {
    throw dockerfile_error("cannot replace to directory {} with file",
                           join(dest_path_, join(node.below, name)));
  }
  has_replaced_ = true;
  // What is only in the lower directory is hidden by the new entry.
  if (!node.lower || sys::find_stat_at(node.dest, name.c_str())) {
    sys::unlink_at(node.dest, name.c_str());
  }
}

bool TreeCopy::waits_for_other_name(Batch& batch, const std::string& name, const struct stat& st) {
  if (st.st_nlink == 1) return false;
  std::string path = join(batch.node->below, name);
  // The first thread to meet an inode copies it; later ones only note the name.
  std::lock_guard lock(mutex_);
  auto [seen, first] = seen_.try_emplace({st.st_dev, st.st_ino}, path);
  if (first) return false;
  later_.emplace_back(std::move(path), seen->second);
  if (batch.known) batch.known->linked(name, st);
  return true;
}

void TreeCopy::done_with_one(Node& node) const {
  // The last batch to finish sets the metadata: nothing changes the mtime after it.
  if (--node.unfinished > 0) return;
  if (options_.known != nullptr) options_.known->finished(node.below);
  if (node.st) apply_metadata(node.dest, node.source, *node.st, options_);
}

// The directories are finished by now, so put their mtimes back after adding the links.
void TreeCopy::make_later_links(const sys::Fd& top) {
  sys::RootDir root(sys::duplicate(top));
  for (const auto& [path, first] : later_) {
    sys::RootDir::Parent from = root.open_parent(first);
    sys::RootDir::Parent to = root.open_parent(path);
    struct stat st = sys::stat_of(to.dir);
    put(to.dir, to.name, [&](const std::string& name) {
      sys::link_at(from.dir, from.name.c_str(), to.dir, name.c_str());
    });
    sys::set_mtime(to.dir, timestamp_of(st.st_mtim));
  }
}

}  // namespace cairn::overlay::internal
