// SPDX-License-Identifier: Apache-2.0
//
// What the store holds, one by one, as values: for lists, and for the choice of what may go.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "oci/reference.h"

namespace cairn::store {

enum class HoldingKind {
  kSnapshot,      // a layer's files, and the cache records that name it
  kImage,         // config, manifest and compressed layers: each blob with the first that has it
  kBlob,          // one that no image has
  kCacheMount,    // of RUN --mount=type=cache
  kContextIndex,  // what is known of the files of a build context
};

struct Holding {
  HoldingKind kind = HoldingKind::kSnapshot;
  std::string id;                         // a snapshot's, a digest, or the name of a file
  std::vector<std::string> parents = {};  // snapshots that it stands on
  std::vector<std::string> origins = {};  // snapshots that its files may be linked from
  std::int64_t size = 0;
  std::int64_t linked = 0;  // bytes of it that may be shared with its origins, beside those
  Timestamp created = {};
  Timestamp last_used = {};  // no earlier than that of what stands on it
  bool needed = false;       // an image that is to stay is this, or stands on it
  bool in_use = false;       // this process found or made it
  bool recorded = false;     // steps are known by it
  std::string inputs = {};   // of the step that made it: JSON, as the cache room wrote it
  std::string name = {};     // the id of a cache mount
  std::vector<oci::Reference> images = {};  // names of the image, or of those whose layer it is
};

}  // namespace cairn::store
