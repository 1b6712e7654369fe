// SPDX-License-Identifier: Apache-2.0
//
// What this process found or made in the store, by name. Kept in memory only: a collection at the
// end of a build must know what the build used. Thread-safe.
#pragma once

#include <mutex>
#include <string>
#include <unordered_set>

namespace cairn::store {

class SessionReferences {
 public:
  void note(const std::string& name) {
    std::lock_guard lock(mutex_);
    names_.insert(name);
  }
  bool has(const std::string& name) const {
    std::lock_guard lock(mutex_);
    return names_.contains(name);
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_set<std::string> names_;
};

}  // namespace cairn::store
