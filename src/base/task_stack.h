// SPDX-License-Identifier: Apache-2.0
//
// Work that finds its own work, as a walk through a tree does: tasks push further tasks, the last
// pushed is run first, so that what waits is bounded by depth times width. The calling thread works
// too; helpers come only when much is waiting, so that a small job costs no thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/thread_pool.h"

namespace cairn {

class TaskStack {
 public:
  // At most this many threads, the caller's included; 0 is one for each processor.
  explicit TaskStack(std::size_t threads = 0);

  // From before run(), or from a task. `weight` says how much work it is, 1 being a task of some
  // ten microseconds.
  void push(std::function<void()> task, std::size_t weight = 1);
  // Returns when no task is left. The first exception of a task drops those that wait and is thrown
  // here.
  void run();

 private:
  struct Task {
    std::function<void()> work;
    std::size_t weight;
  };

  void work();
  void call_helper();  // under the lock

  const std::size_t threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Task> waiting_;
  std::size_t waiting_weight_ = 0;
  std::size_t running_ = 0;
  std::size_t helpers_ = 0;
  std::exception_ptr failure_;
  ErrorContext* context_ = nullptr;
  std::optional<ThreadPool> pool_;  // last: its threads end before the rest goes
};

}  // namespace cairn
