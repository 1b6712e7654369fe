// SPDX-License-Identifier: Apache-2.0
//
// Threads working off one queue, first come first served, each started when there is a job that
// none has time for. Safe from any thread. From the first job on this process has threads:
// enter user namespaces before that, or when the pool has gone.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn {

class ThreadPool {
 public:
  explicit ThreadPool(std::size_t threads) : most_(threads) {}  // at most
  ~ThreadPool();  // finishes what was queued, then joins
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::size_t size() const { return most_; }

  // An exception of the job comes out of the future.
  template <typename Job>
  auto run(Job job) -> std::future<decltype(job())> {
    auto task = std::make_shared<std::packaged_task<decltype(job())()>>(std::move(job));
    auto result = task->get_future();
    post([task] { (*task)(); });
    return result;
  }
  void post(std::function<void()> job);  // the job must not throw

 private:
  void start_one();  // under the lock
  void work();

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  std::size_t idle_ = 0;  // threads that wait, or were woken for what is in the queue
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cairn
