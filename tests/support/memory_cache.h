// SPDX-License-Identifier: Apache-2.0
//
// A cache backend in memory: what a test needs instead of a store.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "cache/step_cache.h"

namespace cairn::test {

class MemoryCache final : public cache::CacheBackend {
 public:
  // The parent of a snapshot; nullopt for one that is gone.
  using ParentOf =
      std::function<std::optional<store::SnapshotId>(const store::SnapshotId& snapshot)>;
  explicit MemoryCache(ParentOf parent_of) : parent_of_(std::move(parent_of)) {}

  std::optional<Found> find(const cache::StepKey& key) override {
    std::lock_guard lock(mutex_);
    auto found = records_.find(key);
    if (found == records_.end()) return std::nullopt;
    Found result = found->second;
    if (result.snapshot.is_empty_root()) return result;
    std::optional<store::SnapshotId> parent = parent_of_(result.snapshot);
    if (!parent) return std::nullopt;
    result.parent = *std::move(parent);
    return result;
  }

  cache::Miss explain_absence(const cache::StepKey& key) override {
    std::lock_guard lock(mutex_);
    if (!records_.contains(key)) return {};
    return {.reason = cache::MissReason::kSnapshotGone, .details = {}};
  }

  void put(const cache::StepKey& key, const store::SnapshotId& snapshot,
           const std::string& text) override {
    std::lock_guard lock(mutex_);
    records_.insert_or_assign(
        key, Found{.snapshot = snapshot, .parent = store::SnapshotId::empty_root(), .text = text});
  }

 private:
  ParentOf parent_of_;
  std::mutex mutex_;
  std::map<cache::StepKey, Found> records_;
};

}  // namespace cairn::test
