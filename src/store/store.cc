// SPDX-License-Identifier: Apache-2.0
//
// The order of members is the order of dependencies: the lease comes before everything that puts
// files into its directory. sync() waits for the early sync first, as an error of it would be
// reported by the kernel only once. collect() measures before it locks, deletes files after it
// unlocks, and takes the three locks in their fixed order in between.
#include "store/store.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/sys/fd.h"
#include "store/internal/collect.h"
#include "store/internal/database.h"
#include "store/internal/early_sync.h"
#include "store/internal/inventory.h"
#include "store/internal/layout.h"
#include "store/internal/lease.h"
#include "store/internal/leftovers.h"
#include "store/internal/place.h"
#include "store/internal/tables.h"

namespace cairn::store {
namespace {

std::unique_ptr<Lease> lease_of(const Place& place) {
  return place.is_read_only ? std::make_unique<Lease>() : std::make_unique<Lease>(place.root);
}

}  // namespace

TmpPlace::TmpPlace(std::unique_ptr<Lease> lease) : lease_(std::move(lease)) {}
TmpPlace::TmpPlace(TmpPlace&&) noexcept = default;
TmpPlace::~TmpPlace() = default;

const std::string& TmpPlace::path() const {
  return lease_->work_dir();
}

TmpPlace open_tmp(const std::string& root) {
  return TmpPlace(std::make_unique<Lease>(open_place(root, Access::kWrite).root));
}

struct Store::Parts {
  explicit Parts(const Place& place)
      : root(place.root),
        is_read_only(place.is_read_only),
        lease(lease_of(place)),
        database(root + "/cairn.db", is_read_only),
        blobs(root + "/oci/blobs/sha256", *lease),
        layout(database, blobs, *lease, root + "/oci", root + "/layout.lock"),
        snapshots(database, *lease, root + "/snapshots"),
        layer_blobs(database, blobs),
        records(database, snapshots, uses),
        cache_mounts(database, root + "/cache-mounts"),
        images(database, blobs, snapshots, layout, *lease, uses) {}

  std::string root;
  bool is_read_only;
  std::unique_ptr<Lease> lease;  // outlives everything made in its directory
  Database database;
  SessionReferences uses;
  BlobStore blobs;
  Layout layout;
  SnapshotIndex snapshots;
  LayerBlobs layer_blobs;
  CacheRecords records;
  CacheMounts cache_mounts;
  ImageStore images;
  StoreTables tables{.root = root,
                     .database = database,
                     .blobs = blobs,
                     .snapshots = snapshots,
                     .layer_blobs = layer_blobs,
                     .records = records,
                     .cache_mounts = cache_mounts,
                     .images = images};
  EarlySync early_sync{root + "/snapshots"};
  std::optional<Sweeping> sweeping;
};

Store Store::open(const std::string& root, Access access) {
  auto parts = std::make_unique<Parts>(open_place(root, access));
  ErrorContext while_here([&] { return "opening the store " + parts->root; });
  prepare_schema(parts->database, parts->root + "/cairn.db", parts->is_read_only);
  if (parts->is_read_only) return Store(std::move(parts));
  for (const SnapshotId& id : parts->snapshots.drop_unsynced_of_other_boots()) {
    // Safe without the gate: rows of an earlier boot are dropped before anything is looked up, so
    // no process of this boot has found this snapshot.
    set_aside(parts->root, "snapshots", id.text());
  }
  parts->layout.create();
  return Store(std::move(parts));
}

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

const std::string& Store::root() const {
  return parts_->root;
}
bool Store::is_read_only() const {
  return parts_->is_read_only;
}
std::string Store::tmp_dir() const {
  return parts_->lease->work_dir();
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

void Store::begin_sweeping() {
  if (!parts_->is_read_only && !parts_->sweeping) parts_->sweeping.emplace(parts_->root);
}

void Store::sweep(const std::stop_token& stop) {
  sweep_tmp(parts_->root, stop);
}

std::optional<sys::LockFile> Store::try_lock_step(const Digest& work) const {
  return sys::LockFile::try_lock(parts_->root + "/tmp/" + kClaim + work.hex());
}

void Store::wrote(std::int64_t bytes) {
  parts_->early_sync.count(bytes);
}

void Store::wrote_some() {
  parts_->early_sync.look();
}

void Store::sync() {
  parts_->early_sync.wait();
  // Listed before the sync: a snapshot that is added during it stays unsynced.
  std::vector<SnapshotId> ids = snapshots().unsynced();
  if (ids.empty()) return;
  sys::sync_filesystem(sys::open_path(parts_->root + "/snapshots", O_RDONLY | O_DIRECTORY));
  Transaction transaction(parts_->database);
  for (const SnapshotId& id : ids) snapshots().set_synced(id);
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

std::vector<UsageRecord> Store::usage(KeptImages kept) {
  if (!parts_->is_read_only) {
    parts_->layout.publish();
    measure(parts_->tables);
  }
  std::vector<UsageRecord> usage;
  {
    Lease::Look look(*parts_->lease);
    usage = take_inventory(parts_->tables, kept, parts_->uses, parts_->lease->pins_of_others());
  }
  snapshots().forget_seen();
  return usage;
}

bool Store::may_exceed(const SpaceBounds& bounds, const sys::DiskSpace& disk) {
  if (!can_exceed(bounds, disk)) return false;
  KnownSize known = known_size(parts_->database);
  // Only now is it worth measuring trees.
  if (!known.is_whole) {
    measure(parts_->tables);
    known = known_size(parts_->database);
  }
  std::optional<std::int64_t> keep = bytes_to_keep(bounds, known.bytes, disk);
  return keep && known.bytes > *keep;
}

Collected Store::collect(const std::optional<Pruning>& pruning) {
  if (pruning) measure(parts_->tables);  // may take long, so before any lock
  sys::TempDir trash(tmp_dir(), "trash-");
  Collected collected;
  {
    sys::FileLock layout = parts_->layout.lock();
    Transaction transaction(parts_->database);
    Lease::Shut shut(*parts_->lease);
    snapshots().forget_seen();
    Pins others = parts_->lease->pins_of_others();
    collected = collect_garbage(
        parts_->tables, {.ours = parts_->uses, .others = others},
        [&] { parts_->layout.publish(layout); }, pruning, trash.path());
    transaction.commit();
  }
  snapshots().forget_seen();
  return collected;  // ~TempDir deletes the trash, with all locks released
}

}  // namespace cairn::store
