// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <fcntl.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <mutex>

#include "base/error.h"
#include "base/sys/disk.h"
#include "base/sys/fd.h"
#include "base/sys/placement.h"
#include "store/internal/collect.h"
#include "store/internal/database.h"
#include "store/internal/inventory.h"
#include "store/internal/layout.h"
#include "store/internal/lease.h"

namespace cairn::store {
namespace {

// A directory of trees, each of which is unpacked or written as a whole and later deleted so.
void make_tree_place(const std::string& path) {
  if (sys::exists(path + "/.")) return;
  sys::make_dirs(path, 0755);
  sys::spread_subdirectories(sys::open_path(path, O_RDONLY | O_DIRECTORY));
}

// The absolute path.
std::string make_root(const std::string& root) {
  std::string path = std::filesystem::absolute(root).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  try {
    for (const char* dir : {"/oci/blobs/sha256", "/contexts"}) sys::make_dirs(path + dir, 0755);
    for (const char* dir : {"/snapshots", "/cache-mounts", "/tmp"}) make_tree_place(path + dir);
    if (::access((path + "/tmp").c_str(), W_OK) != 0) {
      throw Error::from_errno(errno, "write to {}", path);
    }
  } catch (Error& error) {
    error.set_hint("choose another place for the store with --root DIR or CAIRN_ROOT");
    throw;
  }
  return path;
}

// Syncs in the background, one at a time, as data comes.
class EarlySync {
 public:
  explicit EarlySync(std::string directory)
      : directory_(std::move(directory)), free_(sys::disk_space(directory_).free) {}

  void count(std::int64_t bytes) {
    if ((unsynced_ += bytes) < kMany) return;
    std::lock_guard lock(mutex_);
    if (unsynced_ >= kMany) start();  // or another thread was faster
  }

  // Whatever wrote it: the filesystem knows.
  void look() {
    std::lock_guard lock(mutex_);
    if (free_ - sys::disk_space(directory_).free >= kMany) start();
  }
  // Throws what one of them failed with: the kernel tells such a thing but once.
  void wait() {
    std::lock_guard lock(mutex_);
    if (running_.valid()) running_.get();
  }

 private:
  static constexpr auto kReady = std::future_status::ready;
  static constexpr std::int64_t kMany = 64 << 20;  // some 50 ms of a fast disk

  void start() {
    if (running_.valid() && running_.wait_for(std::chrono::seconds(0)) != kReady) return;
    unsynced_ = 0;
    free_ = sys::disk_space(directory_).free;
    if (running_.valid()) running_.get();
    running_ = std::async(std::launch::async, [this] {
      sys::sync_filesystem(sys::open_path(directory_, O_RDONLY | O_DIRECTORY));
    });
  }

  const std::string directory_;
  std::int64_t free_;  // when the last one began
  std::atomic<std::int64_t> unsynced_ = 0;
  std::mutex mutex_;
  std::future<void> running_;
};

}  // namespace

TmpPlace open_tmp(const std::string& root) {
  std::string path = make_root(root);
  return {path + "/tmp", sys::FileLock::take(path + "/lock", sys::FileLock::Mode::kShared)};
}

struct Store::Parts {
  explicit Parts(std::string path)
      : root(std::move(path)),
        lease(root + "/lock"),
        database(root + "/cairn.db"),
        blobs(root + "/oci/blobs/sha256", root + "/tmp"),
        layout(database, blobs, root + "/oci", root + "/layout.lock"),
        snapshots(database, root + "/snapshots"),
        layer_blobs(database, blobs),
        records(database, snapshots, uses),
        cache_mounts(database, root + "/cache-mounts"),
        images(database, blobs, snapshots, layout, uses) {}

  std::string root;
  Lease lease;
  Database database;
  Uses uses;
  BlobStore blobs;
  Layout layout;
  SnapshotIndex snapshots;
  LayerBlobs layer_blobs;
  CacheRecords records;
  CacheMounts cache_mounts;
  ImageStore images;
  EarlySync early_sync{root + "/snapshots"};
  std::vector<std::string> left_in_tmp;  // that was there when we came, and did not go
};

Store Store::open(const std::string& root) {
  auto parts = std::make_unique<Parts>(make_root(root));
  ErrorContext while_here([&] { return "opening the store " + parts->root; });
  prepare_schema(parts->database, parts->root + "/cairn.db");
  for (const std::string& id : parts->snapshots.drop_unsynced_of_other_boots()) {
    // No process of this boot has seen it: rows of another boot are dropped before anything else.
    remove_entries(parts->root + "/snapshots", {id});
  }
  parts->layout.create();
  if (parts->lease.alone()) {
    parts->left_in_tmp = empty_directory(parts->root + "/tmp");
    parts->lease.settle();
  }
  return Store(std::move(parts));
}

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

const std::string& Store::root() const {
  return parts_->root;
}
std::string Store::tmp_dir() const {
  return parts_->root + "/tmp";
}
std::string Store::cache_mounts_dir() const {
  return parts_->root + "/cache-mounts";
}
std::string Store::contexts_dir() const {
  return parts_->root + "/contexts";
}

const BlobStore& Store::blobs() const {
  return parts_->blobs;
}
ImageStore& Store::images() {
  return parts_->images;
}
SnapshotIndex& Store::snapshots() {
  return parts_->snapshots;
}
LayerBlobs& Store::layer_blobs() {
  return parts_->layer_blobs;
}
CacheRecords& Store::records() {
  return parts_->records;
}

CacheMounts& Store::cache_mounts() {
  return parts_->cache_mounts;
}

void Store::empty_tmp() {
  parts_->left_in_tmp = remove_entries(tmp_dir(), parts_->left_in_tmp);
}

std::optional<sys::PassingLock> Store::try_claim(const Digest& work) const {
  return sys::PassingLock::try_take(tmp_dir() + "/making-" + work.hex());
}

void Store::wrote(std::int64_t bytes) {
  parts_->early_sync.count(bytes);
}

void Store::wrote_some() {
  parts_->early_sync.look();
}

void Store::sync() {
  parts_->early_sync.wait();
  std::vector<std::string> ids = snapshots().unsynced();
  if (ids.empty()) return;
  sys::sync_filesystem(sys::open_path(parts_->root + "/snapshots", O_RDONLY | O_DIRECTORY));
  Transaction transaction(parts_->database);
  for (const std::string& id : ids) snapshots().set_synced(id);
  transaction.commit();
}

void Store::atomically(const std::function<void()>& work) {
  Transaction transaction(parts_->database);
  work();
  transaction.commit();
}

void Store::reading(const std::function<void()>& work) {
  Reading reading(parts_->database);
  work();
}

std::vector<Holding> Store::holdings(KeptImages kept) {
  parts_->layout.publish();
  measure(*this);
  return take_inventory(*this, kept, parts_->uses);
}

bool Store::may_exceed(const SpaceBounds& bounds, const sys::DiskSpace& disk) {
  if (!can_exceed(bounds, disk)) return false;
  KnownSize known = known_size(parts_->database);
  if (!known.is_whole) {
    measure(*this);
    known = known_size(parts_->database);
  }
  std::optional<std::int64_t> keep = bytes_to_keep(bounds, known.bytes, disk);
  return keep && known.bytes > *keep;
}

std::optional<Collected> Store::collect(const std::optional<Pruning>& pruning) {
  sys::TempDir trash(tmp_dir(), "trash-");
  std::optional<Collected> collected;
  bool is_alone = parts_->lease.try_alone();
  snapshots().forget_seen();
  try {
    if (is_alone) {
      parts_->layout.publish();  // the index says what the layout holds, whatever its file says
      collected = collect_garbage(*this, parts_->layout, parts_->uses, pruning, trash.path());
    }
  } catch (...) {
    parts_->lease.settle();
    throw;
  }
  parts_->lease.settle();
  snapshots().forget_seen();
  return collected;  // and others may come in while the trash is taken out
}

}  // namespace cairn::store
