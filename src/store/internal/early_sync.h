// SPDX-License-Identifier: Apache-2.0
//
// A build writes hundreds of megabytes of snapshots and must have them on disk before it ends. A
// background syncfs(2) starts while they are being written, so that the final one has less to do.
// Thread-safe.
#pragma once

#include <fcntl.h>

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <string>

#include "base/sys/disk.h"
#include "base/sys/fd.h"

namespace cairn::store {

// Runs at most one background sync at a time.
class EarlySync {
 public:
  explicit EarlySync(std::string directory)
      : directory_(std::move(directory)), free_(sys::disk_space(directory_).free) {}

  void count(std::int64_t bytes) {
    if ((unsynced_ += bytes) < kMany) return;
    std::lock_guard lock(mutex_);
    if (unsynced_ >= kMany) start();  // not if another thread just did
  }

  // Counts by the filesystem's free space, whoever wrote the data.
  void look() {
    std::lock_guard lock(mutex_);
    if (free_ - sys::disk_space(directory_).free >= kMany) start();
  }
  // Throws the error of a background sync: the kernel reports a writeback error only once.
  void wait() {
    std::lock_guard lock(mutex_);
    if (running_.valid()) running_.get();
  }

 private:
  static constexpr auto kReady = std::future_status::ready;
  static constexpr std::int64_t kMany = 64 << 20;  // bytes; takes a fast disk about 50 ms

  void start() {
    if (running_.valid() && running_.wait_for(std::chrono::seconds(0)) != kReady) return;
    unsynced_ = 0;
    free_ = sys::disk_space(directory_).free;
    if (running_.valid()) running_.get();
    running_ = std::async(std::launch::async, [this] {
      sys::sync_filesystem(sys::open_path(directory_, O_RDONLY | O_DIRECTORY));
    });
  }

  const std::string directory_;
  std::int64_t free_;  // free bytes when the last sync began
  std::atomic<std::int64_t> unsynced_ = 0;
  std::mutex mutex_;
  std::future<void> running_;
};

}  // namespace cairn::store
