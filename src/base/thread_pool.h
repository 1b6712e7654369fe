// SPDX-License-Identifier: Apache-2.0
//
// A pool of threads with one queue, first in, first out. A thread is started when a job waits and
// no thread is idle. Safe from any thread. After the first job this process has threads, so enter
// user namespaces before it, or after the pool is destroyed (user_namespaces(7): setns and unshare
// refuse a multithreaded process).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"

namespace cairn {

class ThreadPool {
 public:
  explicit ThreadPool(std::size_t threads) : most_(threads) {}  // at most
  ~ThreadPool();                                                // runs what is queued, then joins
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::size_t size() const { return most_; }

  // The result of a job; call get() once. It waits, and rethrows the exception of the job. An Error
  // then has the contexts of the calling thread besides those of the job.
  template <typename T>
  class Result {
   public:
    explicit Result(std::future<T> future) : future_(std::move(future)) {}
    T get() {
      return amend([](const Error&) { rethrow_here(std::current_exception()); },
                   [this] { return future_.get(); });
    }

   private:
    std::future<T> future_;
  };

  template <typename Job>
  // Runs `job` and returns its future result. Destroying the result does not wait.
  auto run(Job job) -> Result<decltype(job())> {
    auto task = std::make_shared<std::packaged_task<decltype(job())()>>(std::move(job));
    Result<decltype(job())> result(task->get_future());
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
  std::size_t idle_ = 0;  // threads that wait, or were woken and have not taken a job yet
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cairn
