// SPDX-License-Identifier: Apache-2.0
//
// Parallel work that finds more work, such as a walk of a tree. Tasks push further tasks, and the
// newest runs first, so the number of waiting tasks is bounded by depth times width. The calling
// thread works too. Helper threads start only when enough work is waiting, so a small job starts
// none.
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
  // Runs on at most this many threads, including the caller; 0 means one for each processor.
  explicit TaskStack(std::size_t threads = 0);

  // Adds a task. Call it before run(), or from a task. `weight` estimates the work; 1 is about ten
  // microseconds.
  void push(std::function<void()> task, std::size_t weight = 1);
  // Returns when no task is left. The first exception of a task is rethrown here, and drops the
  // tasks that wait.
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
