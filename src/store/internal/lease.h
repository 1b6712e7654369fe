// SPDX-License-Identifier: Apache-2.0
//
// Who is in the house: a lock file that each open store holds shared. The kernel lets go of it with
// the process, however that ends.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/sys/file.h"

namespace cairn::store {

class Lease {
 public:
  // Alone when nobody else is here; `alone()` says so until settle().
  explicit Lease(std::string path) : path_(std::move(path)) {
    if (!try_alone()) settle();
  }

  // Trades the shared lock for the exclusive one. flock(2) cannot do that in one step: for a moment
  // no lock is held, and another process's collection may run.
  bool try_alone() {
    lock_.reset();
    lock_ = sys::FileLock::try_take(path_, sys::FileLock::Mode::kExclusive);
    alone_ = lock_.has_value();
    return alone_;
  }
  void settle() {
    lock_.reset();
    lock_ = sys::FileLock::take(path_, sys::FileLock::Mode::kShared);
    alone_ = false;
  }
  bool alone() const { return alone_; }

 private:
  std::string path_;
  std::optional<sys::FileLock> lock_;
  bool alone_ = false;
};

}  // namespace cairn::store
