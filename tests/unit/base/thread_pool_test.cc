// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <doctest/doctest.h>

#include <latch>
#include <set>

#include "base/error.h"

using namespace cairn;

TEST_CASE("jobs that need each other run side by side, up to the pool's size") {
  ThreadPool pool(3);
  pool.run([] {}).get();  // one thread is idle now
  for (int round = 0; round < 50; ++round) {
    std::latch all(3);
    std::vector<ThreadPool::Result<void>> jobs;
    for (int i = 0; i < 3; ++i) jobs.push_back(pool.run([&all] { all.arrive_and_wait(); }));
    for (ThreadPool::Result<void>& job : jobs) job.get();
  }
}

TEST_CASE("jobs that come one by one have no thread each") {
  std::set<std::thread::id> threads;
  ThreadPool pool(64);
  for (int i = 0; i < 64; ++i) threads.insert(pool.run(std::this_thread::get_id).get());
  CHECK(threads.size() < 32);  // one may not be back when the next job comes
}

TEST_CASE(
    "what was queued is finished before the pool goes, and a failure comes out of its future") {
  int done = 0;
  std::optional<ThreadPool::Result<void>> failed;
  {
    ThreadPool pool(1);
    failed.emplace(pool.run([] { throw Error(ErrorKind::kHost, "no"); }));
    for (int i = 0; i < 100; ++i) pool.post([&done] { ++done; });
  }
  CHECK(done == 100);
  CHECK_THROWS_AS(failed->get(), Error);
}

TEST_CASE("a job's error says what the job was, and what the thread that asks was doing") {
  ThreadPool pool(1);
  ErrorContext outer([] { return "running step RUN make"; });
  auto result = pool.run([] {
    ErrorContext inner([] { return "unpacking layer 1"; });
    throw Error(ErrorKind::kHost, "no");
  });
  std::vector<std::string> context;
  try {
    result.get();
  } catch (const Error& error) {
    context = error.context();
  }
  CHECK(context == std::vector<std::string>{"unpacking layer 1", "running step RUN make"});
}
