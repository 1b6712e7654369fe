// SPDX-License-Identifier: Apache-2.0
//
// What the store holds, as values: for listing, and for choosing what to remove.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "oci/reference.h"
#include "store/snapshot_id.h"

namespace cairn::store {

enum class UsageKind {
  kSnapshot,      // a layer's files, and the cache records that name it
  kImage,         // config, manifest and compressed layers; a shared blob counts once
  kBlob,          // a blob of no image
  kCacheMount,    // a directory of RUN --mount=type=cache
  kContextIndex,  // digests of the files of a build context
};

struct UsageRecord {
  UsageKind kind = UsageKind::kSnapshot;
  std::string id;                        // a snapshot id, a digest, or a file name
  std::vector<SnapshotId> parents = {};  // snapshots that must stay as long as it does
  std::vector<SnapshotId> origins = {};  // snapshots that its files may be linked from
  std::int64_t size = 0;                 // bytes on disk
  std::int64_t linked = 0;               // further bytes that it may share with its origins
  Timestamp created = {};
  Timestamp last_used = {};  // no earlier than that of its dependants
  bool needed = false;       // it is, or belongs to, an image that must stay
  bool in_use = false;       // found or made by this or another process
  bool recorded = false;     // a cache record points to it
  std::string inputs = {};   // of the step that made it: JSON of the cache room
  std::string name = {};     // the id of a cache mount
  std::string fault = {};    // why an image cannot be read; its layers then count as unneeded
  std::vector<oci::Reference> images = {};  // names of the image, or of those with this layer
};

}  // namespace cairn::store
