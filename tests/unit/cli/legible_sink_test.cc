// SPDX-License-Identifier: Apache-2.0
//
// What passes the gate for foreign text, and in which form.
#include "cli/display/legible_sink.h"

#include <doctest/doctest.h>

#include "tests/support/recording_sink.h"

using namespace cairn;
using namespace cairn::cli;
using namespace cairn::progress;
using cairn::test::RecordingSink;

namespace {

using Lines = std::vector<std::string>;

Lines logs_of(const RecordingSink& sink) {
  Lines out;
  for (const LogBytes& log : sink.all<LogBytes>()) out.push_back(log.data);
  return out;
}

}  // namespace

TEST_CASE("logs come out as whole lines, and the lines of one event stay together") {
  RecordingSink sink;
  LegibleSink legible(sink, Colors::kDrop);
  legible.send(LogBytes{.vertex = VertexId{1}, .data = "one\r\ntwo\nth"});
  legible.send(LogBytes{.vertex = VertexId{2}, .data = "other\n"});
  legible.send(LogBytes{.vertex = VertexId{1}, .data = "r"});
  legible.send(LogBytes{.vertex = VertexId{1}, .data = "ee\x1b[2J\n\n"});
  CHECK(logs_of(sink) == Lines{"one\ntwo\n", "other\n", "three\n\n"});
}

TEST_CASE("an error stays a value, and all of its texts become legible") {
  RecordingSink sink;
  LegibleSink legible(sink, Colors::kDrop);
  Error error = Error(ErrorKind::kRegistry, "said\x1b[2J")
                    .with_hint("\a")
                    .at({.source = {}, .first_line = 2});
  error.add_context("at\x07");
  legible.send(VertexCompleted{.vertex = VertexId{1},
                               .outcome = Outcome::kFailed,
                               .error = std::make_shared<const Error>(error)});
  auto ends = sink.all<VertexCompleted>();
  REQUIRE(ends.at(0).error);
  CHECK(ends[0].error->kind() == ErrorKind::kRegistry);
  CHECK(ends[0].error->message() == "said\\x1b[2J");
  CHECK(ends[0].error->hint() == "\\x07");
  CHECK(ends[0].error->context() == Lines{"at\\x07"});
  CHECK(ends[0].error->span()->first_line == 2);
  CHECK(error.message() == "said\x1b[2J");
}

TEST_CASE("an unfinished line comes just before the end of its vertex") {
  RecordingSink sink;
  LegibleSink legible(sink, Colors::kDrop);
  legible.send(LogBytes{.vertex = VertexId{1}, .stream = Stream::kStderr, .data = "half"});
  CHECK(sink.events().empty());
  legible.send(VertexCompleted{.vertex = VertexId{1}, .time = {.seconds = 7, .nanos = 0}});
  std::vector<Event> events = sink.events();
  REQUIRE(events.size() == 2);
  const auto& log = std::get<LogBytes>(events[0]);
  CHECK(log.data == "half\n");
  CHECK(log.stream == Stream::kStderr);
  CHECK(log.time.seconds == 7);
  CHECK(std::holds_alternative<VertexCompleted>(events[1]));
}
