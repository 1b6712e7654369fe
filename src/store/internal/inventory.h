// SPDX-License-Identifier: Apache-2.0
//
// Lists what is in the store, and what depends on what.
#pragma once

#include <string>
#include <vector>

#include "store/internal/lease.h"
#include "store/internal/tables.h"
#include "store/internal/uses.h"
#include "store/pruning.h"

namespace cairn::store {

class Database;

// The parts of an image that are in the store.
struct ImageParts {
  std::vector<std::string> blobs;     // hex digests, as the files are named
  std::vector<SnapshotId> snapshots;  // one per layer, without their parents
  std::string fault = {};             // why the config cannot be read; the layers are then unknown
};
ImageParts parts_of(const StoreTables& tables, const Image& image);

// The manifests in the layout's index.json, including OCI twins of Docker manifests.
std::vector<std::string> layout_manifests(const StoreTables& tables);

// Lists the store. In use is what this process uses, and what others have pinned.
std::vector<UsageRecord> take_inventory(const StoreTables& tables, KeptImages kept,
                                        const SessionReferences& uses, const Pins& others);

// The bytes of all snapshots, compressed layers and cache mounts; not whole if a size is unknown.
struct KnownSize {
  std::int64_t bytes = 0;
  bool is_whole = true;
};
KnownSize known_size(Database& database);

// Measures the snapshots and cache mounts of unknown size, and stores the sizes.
void measure(const StoreTables& tables);

}  // namespace cairn::store
