// SPDX-License-Identifier: Apache-2.0
//
// Combines two tables of the store: the record, and the parent of its snapshot. Finding both pins
// the snapshot, so a hit stays valid until this process ends.
#include "cache/local_cache.h"

#include <string>

namespace cairn::cache {

std::optional<CacheBackend::Found> LocalCache::find(const StepKey& key) {
  std::optional<store::CacheRecord> record = store_.records().find_record(key);
  if (!record) return std::nullopt;
  Found found{.snapshot = record->snapshot,
              .parent = SnapshotId::empty_root(),
              .text = std::move(record->inputs)};
  if (found.snapshot.is_empty_root()) return found;
  auto snapshot = store_.snapshots().find(found.snapshot);
  if (!snapshot || !store_.snapshots().may_use(found.snapshot)) return std::nullopt;
  found.parent = snapshot->parent;
  return found;
}

// A record goes with its snapshot. What is left of it is a line that says when it was evicted and
// why, unless the snapshot is here and may not be used.
Miss LocalCache::explain_absence(const StepKey& key) {
  if (std::optional<store::CacheRecord> record = store_.records().find_record(key)) {
    return {.reason = MissReason::kSnapshotGone,
            .details = {{"not usable", record->snapshot.text()}}};
  }
  std::optional<store::Eviction> eviction = store_.records().find_eviction(key);
  if (!eviction) return {};
  return {.reason = MissReason::kSnapshotGone,
          .details = {{"evicted", std::to_string(eviction->time.seconds)},
                      {"evicted for", eviction->reason}}};
}

void LocalCache::put(const StepKey& key, const SnapshotId& snapshot, const std::string& text) {
  store_.records().put_record({.key = key, .snapshot = snapshot, .inputs = text});
}

}  // namespace cairn::cache
