// SPDX-License-Identifier: Apache-2.0
//
// A stack, not a queue: the newest task is run first, so a tree is walked depth first and few tasks
// wait. One mutex guards it all; tasks are of some ten microseconds or more, so it is not
// contended. The walk is over when nothing waits and nothing runs, since only a running task can
// push another.
#include "base/task_stack.h"

#include "base/attempt.h"

#include <algorithm>
#include <utility>

namespace cairn {
namespace {

// Starting a thread takes about as long as this much work.
constexpr std::size_t kWorthHelp = 32;
constexpr std::size_t kMaxThreads = 8;  // more threads only wait for locks of the filesystem

std::size_t thread_limit(std::size_t asked) {
  if (asked == 0) asked = std::thread::hardware_concurrency();
  return std::clamp<std::size_t>(asked, 1, kMaxThreads);
}

}  // namespace

TaskStack::TaskStack(std::size_t threads) : threads_(thread_limit(threads)) {}

void TaskStack::push(std::function<void()> task, std::size_t weight) {
  std::lock_guard lock(mutex_);
  if (failure_) return;
  waiting_.push_back({std::move(task), weight});
  waiting_weight_ += weight;
  changed_.notify_one();
  if (running_ > 0) call_helper();
}

void TaskStack::call_helper() {
  // The caller of run() is a worker too, hence + 1.
  if (waiting_weight_ < kWorthHelp || helpers_ + 1 >= threads_) return;
  if (!pool_) pool_.emplace(threads_ - 1);
  ++helpers_;
  pool_->post([this] {
    BorrowedErrorContext where_the_caller_is(context_);
    work();
  });
}

void TaskStack::run() {
  context_ = BorrowedErrorContext::mine();
  work();
  // Joins the helpers: no task may run once run() has returned.
  pool_.reset();
  helpers_ = 0;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void TaskStack::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    // Nothing waits, but a running task may still push others.
    changed_.wait(lock, [this] { return !waiting_.empty() || running_ == 0; });
    if (waiting_.empty()) break;
    Task task = std::move(waiting_.back());
    waiting_.pop_back();
    waiting_weight_ -= task.weight;
    ++running_;
    lock.unlock();
    std::exception_ptr failure = exception_of([&] {
      task.work();
      task.work = nullptr;  // destroys its captures outside the lock
    });
    lock.lock();
    --running_;
    if (failure && !failure_) {
      failure_ = failure;
      waiting_.clear();
      waiting_weight_ = 0;
    }
  }
  // Wakes the others, so that they see the end too.
  changed_.notify_all();
}

}  // namespace cairn
