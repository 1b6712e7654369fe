// SPDX-License-Identifier: Apache-2.0
//
// The tables of one open store, for work that goes through all of them: inventory and collection.
// Those take this struct instead of the Store, since the Store calls them.
#pragma once

#include <string>

#include "store/blob_store.h"
#include "store/cache_mounts.h"
#include "store/cache_records.h"
#include "store/image_store.h"
#include "store/layer_blobs.h"
#include "store/snapshot_index.h"

namespace cairn::store {

class Database;

// Borrows everything from the store; a copy refers to the same store.
struct StoreTables {
  const std::string& root;
  Database& database;
  const BlobStore& blobs;
  SnapshotIndex& snapshots;
  LayerBlobs& layer_blobs;
  CacheRecords& records;
  CacheMounts& cache_mounts;
  ImageStore& images;

  std::string snapshots_dir() const { return root + "/snapshots"; }
  std::string blobs_dir() const { return root + "/oci/blobs/sha256"; }
  std::string cache_mounts_dir() const { return root + "/cache-mounts"; }
  std::string contexts_dir() const { return root + "/contexts"; }
};

}  // namespace cairn::store
