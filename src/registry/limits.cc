// SPDX-License-Identifier: Apache-2.0
//
// One counter per host and kind, under one mutex and one condition variable. Waiters are few, so a
// release wakes all of them.
#include "registry/internal/limits.h"

#include "base/error.h"

namespace cairn::registry {

HostLimits::Slot HostLimits::acquire(const std::string& host, Kind kind, std::stop_token stop) {
  std::string key = (kind == Kind::kBlob ? "blob " : "json ") + host;
  int most = kind == Kind::kBlob ? 4 : 1;
  std::unique_lock lock(mutex_);
  int& used = used_[key];  // std::map keeps references valid
  if (!freed_.wait(lock, stop, [&] { return used < most; })) {
    throw Error(ErrorKind::kCancelled, "cancelled");
  }
  ++used;
  return {*this, key};
}

void HostLimits::release(const std::string& key) {
  {
    std::lock_guard lock(mutex_);
    --used_[key];
  }
  freed_.notify_all();
}

}  // namespace cairn::registry
