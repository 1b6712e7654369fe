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

#include "store/blob_store.h"
#include "store/cache_records.h"
#include "store/image_store.h"
#include "store/layer_blobs.h"
#include "store/snapshot_index.h"

namespace cairn::store {

// What a collection took away.
struct Collected {
  int snapshots = 0;
  int blobs = 0;
  std::int64_t bytes = 0;  // as the index knew them
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

  // Removes what open() could not: for a process that has become root of its namespace since.
  void empty_tmp();

  // The right to make what `work` names, for as long as it is held; nothing while another process,
  // or another thread of this one, has it.
  std::optional<sys::PassingLock> try_claim(const Digest& work) const;

  // One syncfs(2), after which every snapshot known before it is durable. Before a reference to any
  // of them is published.
  void sync();

  // Runs `work` under the write lock of the index, all of it or nothing: for "take what is there,
  // or put mine", between the halves of which another process must not come. Keep it to
  // microseconds.
  void atomically(const std::function<void()>& work);

  // Runs `work` on one view of the index: many look-ups for the price of one.
  void reading(const std::function<void()>& work);

  // Removes what neither an image nor a cache record needs. Nothing when another process has the
  // store open: skipped, not waited for. The caller must not be using anything it found before.
  std::optional<Collected> collect();

 private:
  struct Parts;
  explicit Store(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace cairn::store
