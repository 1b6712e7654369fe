// SPDX-License-Identifier: Apache-2.0
//
// The store as a whole: one directory, opened by any number of processes at once. Any of them may
// collect garbage while the others work: what a process found or made here stays for as long as it
// has the store open (internal/lease.h). All classes are thread-safe unless they say otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/access.h"
#include "store/blob_store.h"
#include "store/cache_mounts.h"
#include "store/cache_records.h"
#include "store/gc_policy.h"
#include "store/image_store.h"
#include "store/layer_blobs.h"
#include "store/pruning.h"
#include "store/snapshot_index.h"

namespace cairn::store {

class Lease;

// A private directory in a store's tmp/, for probes that run before the store is opened. Removed
// with this object.
class TmpPlace {
 public:
  explicit TmpPlace(std::unique_ptr<Lease> lease);
  TmpPlace(TmpPlace&&) noexcept;
  ~TmpPlace();
  const std::string& path() const;

 private:
  std::unique_ptr<Lease> lease_;
};

// Finds or creates the store, with the errors of Store::open().
TmpPlace open_tmp(const std::string& root);

class Store {
 public:
  // Opens a store, or creates one in a directory that is empty or missing; only the owner has
  // access. Corrects the modes of an older store. After a crash of the machine, drops the snapshots
  // that were not synced. Starts no thread. Throws kUsage for a directory that is something else,
  // kHost for one that cannot be written or was made by a newer cairn, kCorrupt for a damaged
  // database.
  static Store open(const std::string& root, Access access = Access::kWrite);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  const std::string& root() const;
  bool is_read_only() const;
  // This process's own directory for temporary files, created by the first call and removed at the
  // end; on the same filesystem as snapshots/ and blobs/, so that rename(2) works.
  std::string tmp_dir() const;
  std::string cache_mounts_dir() const;  // for RUN --mount=type=cache
  // Indexes of build contexts, all disposable. A file ID.anything is removed with the snapshot ID;
  // of those without a dot, a collection keeps the latest 200.
  std::string contexts_dir() const;

  const BlobStore& blobs() const;
  ImageStore& images();
  SnapshotIndex& snapshots();
  LayerBlobs& layer_blobs();
  CacheRecords& records();
  CacheMounts& cache_mounts();

  // Removes in the background what dead processes left in tmp/, as far as this process has
  // permission. When the store closes, the sweep gets another 100 ms; the next process continues
  // it. Starts a thread.
  void begin_sweeping();
  // The same, on this thread and to the end, unless `stop` is requested.
  void sweep(const std::stop_token& stop = {});

  // Takes the lock for making what `work` names; nullopt while another process or thread holds it.
  std::optional<sys::LockFile> try_lock_step(const Digest& work) const;

  // One syncfs(2): every snapshot known before the call is then durable. Call it before a reference
  // to one of them is published.
  void sync();

  // Reports bytes written to snapshots. After 64 MiB a background syncfs(2) starts, so that sync()
  // waits less. Starts a thread. Throws the error of an earlier background sync.
  void wrote(std::int64_t bytes);
  // The same, for an unknown number of bytes: compares the filesystem's free space.
  void wrote_some();

  // Runs `work` in one write transaction, all or nothing: for "take the existing one, or add mine",
  // where no other process may come in between. Keep it to microseconds.
  void atomically(const std::function<void()>& work);

  // Runs `work` in one read transaction, which makes many lookups cheaper.
  void reading(const std::function<void()>& work);

  // Everything in the store, with sizes. Run it where files of mapped ids are readable (in the
  // builder's namespace).
  std::vector<UsageRecord> usage(KeptImages kept);

  // Whether the store, images included, may use more than the bounds allow. Asks the disk first,
  // then the database, and measures only if a size is still unknown.
  bool may_exceed(const SpaceBounds& bounds, const sys::DiskSpace& disk);

  // Removes everything that no image or cache record needs, and what `pruning` selects, except what
  // another process has found or made. Others are blocked only while the selection is made, and
  // never waited for. Records and images that this process found or made are not selected; anything
  // else it found before must not be used after the call.
  Collected collect(const std::optional<Pruning>& pruning = std::nullopt);

 private:
  struct Parts;
  explicit Store(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace cairn::store
