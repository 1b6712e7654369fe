// SPDX-License-Identifier: Apache-2.0
//
// What this process found or made in the store, by name. It is not written down: a collection at
// the end of a build is to know what the build stood on. Safe from any thread.
#pragma once

#include <mutex>
#include <string>
#include <unordered_set>

namespace cairn::store {

class Uses {
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
