// SPDX-License-Identifier: Apache-2.0
//
// The store as a whole: one directory, opened by any number of processes at once. While a Store is
// open no other process collects, so nothing that was found here goes away under its finder.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/blob_store.h"
#include "store/cache_mounts.h"
#include "store/cache_records.h"
#include "store/image_store.h"
#include "store/layer_blobs.h"
#include "store/retention.h"
#include "store/snapshot_index.h"

namespace cairn::store {

// Which images are to stay, whatever becomes of the cache.
enum class KeptImages { kAll, kTagged, kNone };

// What a collection is to take beside what nothing needs.
struct Pruning {
  KeptImages kept = KeptImages::kAll;
  Retention retention = {};
  std::string reason = {};  // remembered with the steps that are forgotten
};

// What a collection took away.
struct Collected {
  int snapshots = 0;
  int blobs = 0;
  std::int64_t bytes = 0;      // as the index knew them
  std::vector<Holding> taken;  // what was chosen, in that order
};

// The tmp/ of a store, for those who try things out there before they open it: nobody empties it
// while this is held.
struct TmpPlace {
  std::string path;
  sys::FileLock lease;
};

// Makes the directories of a store where they are missing. Errors: kHost.
TmpPlace open_tmp(const std::string& root);

class Store {
 public:
  // Makes what is missing. After a crash of the machine, drops the snapshots that were not synced;
  // when nobody else is here, empties tmp/ as far as it may. Errors: kHost for a root that cannot
  // be written or that a newer cairn made, kCorrupt for a damaged index.
  static Store open(const std::string& root);
  Store(Store&&) noexcept;
  ~Store();

  const std::string& root() const;
  std::string tmp_dir() const;           // same filesystem as snapshots/ and blobs/
  std::string cache_mounts_dir() const;  // of RUN --mount=type=cache
  // What is known of the files of build contexts, all of it disposable. A file called ID.anything
  // goes with the snapshot ID; of those without a dot a collection keeps the latest.
  std::string contexts_dir() const;

  const BlobStore& blobs() const;
  ImageStore& images();
  SnapshotIndex& snapshots();
  LayerBlobs& layer_blobs();
  CacheRecords& records();
  CacheMounts& cache_mounts();

  // Removes what open() could not: for a process that has become root of its namespace since.
  void empty_tmp();

  // The right to make what `work` names, for as long as it is held; nothing while another process,
  // or another thread of this one, has it.
  std::optional<sys::PassingLock> try_claim(const Digest& work) const;

  // One syncfs(2), after which every snapshot known before it is durable. Before a reference to any
  // of them is published.
  void sync();

  // That so many bytes of new trees were written. After a good many a syncfs(2) starts in the
  // background, so that sync() has less to wait for in the end. Only where a process may have
  // threads. Throws what an earlier one failed with.
  void wrote(std::int64_t bytes);
  // The same, by what became of the filesystem's free space.
  void wrote_some();

  // Runs `work` under the write lock of the index, all of it or nothing: for "take what is there,
  // or put mine", between the halves of which another process must not come. Keep it to
  // microseconds.
  void atomically(const std::function<void()>& work);

  // Runs `work` on one view of the index: many look-ups for the price of one.
  void reading(const std::function<void()>& work);

  // All that is here, measured. Files of other ids must be open to the caller.
  std::vector<Holding> holdings(KeptImages kept);

  // Whether what is here, images included, may take more than the bounds allow: mostly the disk
  // says no, then one query of the index; only then is measured what was not yet.
  bool may_exceed(const SpaceBounds& bounds, const sys::DiskSpace& disk);

  // Removes what neither an image nor a cache record needs, and what is chosen to go. Nothing when
  // another process has the store open: skipped, not waited for. What this process found or made
  // (by records and images) is not chosen, all else it found before it must not use any more.
  std::optional<Collected> collect(const std::optional<Pruning>& pruning = std::nullopt);

 private:
  struct Parts;
  explicit Store(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace cairn::store
