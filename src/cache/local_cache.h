// SPDX-License-Identifier: Apache-2.0
//
// The records of this host's store as a cache backend. Thread-safe, as the store is.
#pragma once

#include "cache/step_cache.h"
#include "store/store.h"

namespace cairn::cache {

// Borrows the store.
class LocalCache final : public CacheBackend {
 public:
  explicit LocalCache(store::Store& store) : store_(store) {}

  std::optional<Found> find(const StepKey& key) override;
  Miss explain_absence(const StepKey& key) override;
  void put(const StepKey& key, const SnapshotId& snapshot, const std::string& text) override;

 private:
  store::Store& store_;
};

}  // namespace cairn::cache
