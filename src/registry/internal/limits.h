// SPDX-License-Identifier: Apache-2.0
//
// Limits concurrent requests per host: four blobs, and one more for JSON, so that manifests and
// configs never wait behind layers. Thread-safe.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>

namespace cairn::registry {

class HostLimits {
 public:
  enum class Kind { kBlob, kJson };

  // One of a host's slots; the destructor releases it.
  class Slot {
   public:
    Slot(HostLimits& limits, std::string key) : limits_(&limits), key_(std::move(key)) {}
    Slot(Slot&& other) noexcept
        : limits_(std::exchange(other.limits_, nullptr)), key_(std::move(other.key_)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (limits_ != nullptr) limits_->release(key_);
    }

   private:
    HostLimits* limits_;
    std::string key_;
  };

  // Waits for a free slot. Throws kCancelled if `stop` is requested first.
  Slot acquire(const std::string& host, Kind kind, std::stop_token stop);

 private:
  void release(const std::string& key);

  std::mutex mutex_;
  std::condition_variable_any freed_;
  std::map<std::string, int> used_;
};

}  // namespace cairn::registry
