// SPDX-License-Identifier: Apache-2.0
//
// Threads start on demand, because a process that has threads cannot enter a user namespace, and
// because a cached build needs none. A thread is added when more jobs wait than threads are idle.
// Threads never end before the pool does.
#include "base/thread_pool.h"

#include <system_error>

#include "base/error.h"

namespace cairn {

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    // Workers drain the queue before they end.
    closing_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::post(std::function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(job));
    if (queue_.size() > idle_ && threads_.size() < most_) start_one();
  }
  wake_.notify_one();
}

// If the host refuses another thread (RLIMIT_NPROC, pids cgroup), those that run do the work. Only
// the first one is essential.
void ThreadPool::start_one() {
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    if (!threads_.empty()) return;
    queue_.pop_back();
    throw Error::from_errno(error.code().value(), "start a thread");
  }
}

void ThreadPool::work() {
  while (true) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      ++idle_;
      wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
      --idle_;
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job();
  }
}

}  // namespace cairn
