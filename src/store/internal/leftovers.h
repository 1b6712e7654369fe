// SPDX-License-Identifier: Apache-2.0
//
// What dead processes left in tmp/, and what is on its way out of the store.
//
// lease-XXXXXX   belongs to a process that lives as long as this file is locked
// work-XXXXXX/   the work directory of the same process
// new-XXXXXX     a lease being created
// dead-NAME      to be removed by whoever comes first
// making-DIGEST  a lock of Store::try_lock_step()
//
// Names from before each process had a directory are removed too. Nothing else in tmp/ is touched.
#pragma once

#include <chrono>
#include <cstddef>
#include <future>
#include <stop_token>
#include <string>
#include <vector>

namespace cairn::store {

constexpr const char* kLease = "lease-";
constexpr const char* kNewLease = "new-";
constexpr const char* kWork = "work-";
constexpr const char* kDead = "dead-";
constexpr const char* kClaim = "making-";
constexpr std::size_t kRandom = 6;  // the suffix of mkostemp(3) and mkdtemp(3)

// Removes what belongs to no living process, as far as this process has permission: files of mapped
// ids stay when called outside the builder's namespace. `root` is the store's. Stops early if asked
// to. Safe beside everything else, other sweeps included. Never throws: all of it is disposable.
void sweep_tmp(const std::string& root, const std::stop_token& stop);

// Moves `dir`/NAME to tmp/ for later removal; leaves it if this process has no permission.
void set_aside(const std::string& root, const std::string& dir, const std::string& name);

// Sweeps tmp/ on a thread. The destructor waits 100 ms for it, which users do not notice and is
// mostly enough, then stops it.
class Sweeping {
 public:
  explicit Sweeping(const std::string& root)
      : done_(std::async(std::launch::async,
                         [root, stop = stop_.get_token()] { sweep_tmp(root, stop); })) {}
  ~Sweeping() {
    if (done_.wait_for(std::chrono::milliseconds(100)) == std::future_status::ready) return;
    stop_.request_stop();
    done_.wait();
  }
  Sweeping(const Sweeping&) = delete;

 private:
  std::stop_source stop_;
  std::future<void> done_;
};

}  // namespace cairn::store
