// SPDX-License-Identifier: Apache-2.0
#include "progress/tee_sink.h"

#include <doctest/doctest.h>

#include "tests/support/recording_sink.h"

using namespace cairn;
using namespace cairn::progress;
using cairn::test::RecordingSink;

namespace {

// Notes where the bytes of a log are: those of an event that was moved are where they were.
struct AddressSink final : Sink {
  void send(Event event) override { address = std::get<LogBytes>(event).data.data(); }
  const char* address = nullptr;
};

}  // namespace

TEST_CASE("each sink of a tee gets the same events in the same order") {
  RecordingSink first, second, third;
  TeeSink tee({&first, &second, &third});
  tee.send(VertexStarted{.id = VertexId{4}, .name = "[1/1] RUN x"});
  tee.send(LogBytes{.vertex = VertexId{4}, .data = "one\n"});
  tee.send(VertexCompleted{.vertex = VertexId{4}, .outcome = Outcome::kCached});
  for (const RecordingSink* sink : {&first, &second, &third}) {
    REQUIRE(sink->events().size() == 3);
    CHECK(std::get<VertexStarted>(sink->events()[0]).name == "[1/1] RUN x");
    CHECK(std::get<LogBytes>(sink->events()[1]).data == "one\n");
    CHECK(std::get<VertexCompleted>(sink->events()[2]).outcome == Outcome::kCached);
  }
}

TEST_CASE("the last sink of a tee gets the event itself") {
  AddressSink first, last;
  TeeSink tee({&first, &last});
  LogBytes bytes{.vertex = VertexId{1}, .data = std::string(1000, 'x')};
  const char* address = bytes.data.data();
  tee.send(std::move(bytes));
  CHECK(last.address == address);
  CHECK(first.address != address);
}

TEST_CASE("a tee without sinks drops events") {
  CHECK_NOTHROW(TeeSink({}).send(Warning{.vertex = {}, .message = "x"}));
}
