// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <system_error>

#include "base/error.h"

namespace cairn {

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
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

// Where no more threads may be had, those that are there have to do.
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
