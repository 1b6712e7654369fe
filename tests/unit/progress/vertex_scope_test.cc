// SPDX-License-Identifier: Apache-2.0
#include "progress/vertex_scope.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "tests/support/recording_sink.h"

using namespace cairn;
using namespace cairn::progress;
using cairn::test::RecordingSink;

TEST_CASE("work that returns ends its vertex as done, and gives its result on") {
  RecordingSink sink;
  int result = run_vertex(sink, "[1/1] x", [](VertexScope& scope) {
    scope.log(Stream::kStderr, "half a li");
    return 7;
  });
  CHECK(result == 7);
  auto started = sink.all<VertexStarted>();
  auto completed = sink.all<VertexCompleted>();
  REQUIRE(started.size() == 1);
  REQUIRE(completed.size() == 1);
  CHECK(started[0].name == "[1/1] x");
  CHECK(completed[0].vertex == started[0].id);
  CHECK(completed[0].outcome == Outcome::kOk);
  CHECK(completed[0].result.miss->reason == MissReason::kNeverCached);
  CHECK(sink.all<LogBytes>().at(0).data == "half a li");
}

TEST_CASE("work that throws ends its vertex as failed, with the whole error") {
  RecordingSink sink;
  auto fail = [](VertexScope&) {
    ErrorContext while_here([] { return std::string("trying"); });
    throw Error(ErrorKind::kHost, "no").with_hint("try again").at({.source = {}, .first_line = 3});
  };
  CHECK_THROWS_AS(run_vertex(sink, "x", fail), Error);
  auto ends = sink.all<VertexCompleted>();
  CHECK(ends.at(0).outcome == Outcome::kFailed);
  REQUIRE(ends[0].error);
  CHECK(ends[0].error->kind() == ErrorKind::kHost);
  CHECK(ends[0].error->message() == "no");
  CHECK(ends[0].error->hint() == "try again");
  CHECK(ends[0].error->context() == std::vector<std::string>{"trying"});
  CHECK(ends[0].error->span()->first_line == 3);
}

TEST_CASE("a cancelled vertex is not a failed one") {
  RecordingSink sink;
  auto cancel = [](VertexScope&) { throw Error(ErrorKind::kCancelled, "stop"); };
  CHECK_THROWS_AS(run_vertex(sink, "x", cancel), Error);
  CHECK(sink.all<VertexCompleted>().at(0).outcome == Outcome::kCancelled);
  CHECK(!sink.all<VertexCompleted>().at(0).error);
}

TEST_CASE("a vertex ends once, whatever happens to its scope") {
  RecordingSink sink;
  {
    VertexScope cached(sink, "a");
    cached.cached({});
    cached.done({});
    VertexScope forgotten(sink, "b");
    CHECK(forgotten.id() != cached.id());
  }
  auto completed = sink.all<VertexCompleted>();
  REQUIRE(completed.size() == 2);
  CHECK(completed[0].outcome == Outcome::kCached);
  CHECK(completed[1].outcome == Outcome::kCancelled);
}

TEST_CASE("a vertex starts with all that is known of it, and ends with what became known") {
  RecordingSink sink;
  VertexId id = next_vertex_id();
  {
    VertexScope scope(sink, VertexStarted{.id = id,
                                          .name = "x",
                                          .inputs = {VertexId{1}, VertexId{2}},
                                          .stage = "build",
                                          .platform = "linux/arm64",
                                          .key = Digest::of("key")});
    scope.done({.key = Digest::of("other key"),
                .snapshot = "abc",
                .miss = CacheMiss{.reason = MissReason::kOtherParent, .details = {{"parent", "p"}}},
                .layer_size = 7,
                .use = ResourceUse{.user_seconds = 1.5, .peak_memory = 4096}});
  }
  VertexStarted start = sink.all<VertexStarted>().at(0);
  CHECK(start.id == id);
  CHECK(start.inputs == std::vector{VertexId{1}, VertexId{2}});
  CHECK(start.stage == "build");
  CHECK(start.platform == "linux/arm64");
  CHECK(start.key == Digest::of("key"));
  CHECK(start.time.seconds != 0);
  VertexCompleted end = sink.all<VertexCompleted>().at(0);
  CHECK(end.vertex == id);
  CHECK(end.result.key == Digest::of("other key"));
  CHECK(end.result.snapshot == "abc");
  CHECK(end.result.miss->details.at(0).second == "p");
  CHECK(end.result.layer_size == 7);
  CHECK(end.result.use->peak_memory == 4096);
}

TEST_CASE("a transfer tells what it is, its start and its end, and little between") {
  RecordingSink sink;
  TransferCounter transfer(sink, {.vertex = VertexId{3},
                                  .item = Digest::of("blob"),
                                  .direction = Direction::kOut,
                                  .total = 1000});
  for (int i = 0; i < 1000; ++i) transfer.add(1);
  transfer.done();
  auto sent = sink.all<Transfer>();
  CHECK(sent.size() < 10);
  CHECK(sent.front().current == 0);
  CHECK(sent.back().current == 1000);
  CHECK(sent.back().completed);
  for (const Transfer& one : {sent.front(), sent.back()}) {
    CHECK(std::get<Digest>(one.item) == Digest::of("blob"));
    CHECK(one.direction == Direction::kOut);
    CHECK(one.total == 1000);
  }
}
