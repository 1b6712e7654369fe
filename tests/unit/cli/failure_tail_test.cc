// SPDX-License-Identifier: Apache-2.0
//
// What is kept of the log of a step that fails.
#include "cli/display/failure_tail.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/sys/file.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::cli;
using namespace cairn::progress;
using cairn::test::TempTree;

namespace {

void start(FailureTail& tail, VertexId id, const std::string& name) {
  tail.send(VertexStarted{.id = id, .name = name});
}

void write(FailureTail& tail, VertexId id, const std::string& lines) {
  tail.send(LogBytes{.vertex = id, .data = lines});
}

void end(FailureTail& tail, VertexId id, Outcome outcome) {
  tail.send(VertexCompleted{.vertex = id, .outcome = outcome});
}

}  // namespace

TEST_CASE("a tail has the last lines of the step that failed, and counts those before") {
  FailureTail tail(3);
  start(tail, VertexId{1}, "[2/2] RUN make");
  for (int i = 0; i < 10; ++i) write(tail, VertexId{1}, fmt::format("{}\nagain {}\n", i, i));
  CHECK(!tail.failed_step());
  end(tail, VertexId{1}, Outcome::kFailed);
  auto failed = tail.failed_step();
  REQUIRE(failed);
  CHECK(failed->name == "[2/2] RUN make");
  CHECK(failed->last_lines == std::vector<std::string>{"again 8", "9", "again 9"});
  CHECK(failed->left_out == 17);
  CHECK(failed->kept_in.empty());
}

TEST_CASE("a tail of a log that does not fit is kept whole where there is a place for it") {
  TempTree root;
  root.dir("tmp");
  FailureTail tail(1, {.root = root.root(), .tmp_dir = [&root] { return root.at("tmp"); }});
  start(tail, VertexId{1}, "fails");
  write(tail, VertexId{1}, "one\ntwo\nthree\n");
  end(tail, VertexId{1}, Outcome::kFailed);
  CHECK(sys::read_file(tail.failed_step()->kept_in) == "one\ntwo\nthree\n");
}

TEST_CASE("steps that end otherwise leave no tail, and the first failure is the one kept") {
  FailureTail tail(3);
  for (std::uint64_t id : {1, 2, 3, 4}) start(tail, VertexId{id}, fmt::format("step {}", id));
  write(tail, VertexId{3}, "three\n");
  write(tail, VertexId{4}, "four\n");
  end(tail, VertexId{1}, Outcome::kOk);
  end(tail, VertexId{2}, Outcome::kCancelled);
  CHECK(!tail.failed_step());
  end(tail, VertexId{4}, Outcome::kFailed);
  end(tail, VertexId{3}, Outcome::kFailed);
  CHECK(tail.failed_step()->name == "step 4");
  CHECK(tail.failed_step()->last_lines == std::vector<std::string>{"four"});
}
