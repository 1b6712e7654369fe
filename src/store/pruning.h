// SPDX-License-Identifier: Apache-2.0
//
// The request for a collection, and its result.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/gc_policy.h"
#include "store/usage_record.h"

namespace cairn::store {

// Which images stay, whatever is removed from the cache.
enum class KeptImages { kAll, kTagged, kNone };

// What a collection removes in addition to unreferenced data.
struct Pruning {
  KeptImages kept = KeptImages::kAll;
  GcPolicy gc_policy = {};
  std::string reason = {};  // stored with the evictions, for explanations
};

// What a collection removed.
struct Collected {
  int snapshots = 0;
  int blobs = 0;
  std::int64_t bytes = 0;                // by the sizes in the database
  std::vector<UsageRecord> evicted;      // what was selected, in that order
  std::vector<std::string> faults = {};  // images that cannot be read, and why
};

}  // namespace cairn::store
