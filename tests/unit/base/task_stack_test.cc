// SPDX-License-Identifier: Apache-2.0
#include "base/task_stack.h"

#include <doctest/doctest.h>

#include <atomic>

using namespace cairn;

TEST_CASE("tasks that push tasks are all run, by however many threads") {
  for (std::size_t threads : {1, 2, 8}) {
    std::atomic<int> leaves = 0;
    TaskStack tasks(threads);
    std::function<void(int)> grow = [&](int depth) {
      if (depth == 0) return void(++leaves);
      for (int i = 0; i < 4; ++i) tasks.push([&grow, depth] { grow(depth - 1); });
    };
    tasks.push([&] { grow(6); });
    tasks.run();
    CHECK(leaves == 4096);
  }
}

TEST_CASE("the first failure ends the work and comes out with the caller's context") {
  ErrorContext while_here([] { return std::string("walking a tree"); });
  std::atomic<int> calls = 0;
  TaskStack tasks(4);
  for (int i = 0; i < 1000; ++i) {
    tasks.push([&] {
      if (++calls == 100) throw Error(ErrorKind::kHost, "no more");
    });
  }
  try {
    tasks.run();
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.message() == "no more");
    CHECK(error.context() == std::vector<std::string>{"walking a tree"});
  }
  CHECK(calls < 1000);
}
