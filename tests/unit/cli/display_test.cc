// SPDX-License-Identifier: Apache-2.0
//
// The plain display, read back from the descriptor it writes to.
#include "cli/display/progress_output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/sys/fd.h"

using namespace cairn;
using namespace cairn::cli;
using namespace cairn::progress;

namespace {

// stderr, caught for as long as it lives.
class Caught {
 public:
  Caught() : file_(sys::make_memfd("stderr")), saved_(::dup(STDERR_FILENO)) {
    ::dup2(file_.get(), STDERR_FILENO);
  }
  ~Caught() { ::dup2(saved_.get(), STDERR_FILENO); }
  std::string text() const {
    ::lseek(file_.get(), 0, SEEK_SET);
    return sys::read_all(file_);
  }

 private:
  sys::Fd file_;
  sys::Fd saved_;
};

Timestamp at(double seconds) {
  auto whole = static_cast<std::int64_t>(seconds);
  return {.seconds = whole,
          .nanos = static_cast<std::int32_t>((seconds - static_cast<double>(whole)) * 1e9)};
}

std::shared_ptr<const Error> failed(const std::string& message) {
  return std::make_shared<const Error>(ErrorKind::kStep, message);
}

std::string drawn(const std::vector<Event>& events) {
  Caught caught;
  ProgressOutput progress(ProgressMode::kPlain);
  progress.begin("test");
  for (const Event& event : events) progress.send(event);
  progress.finish();
  return caught.text();
}

}  // namespace

TEST_CASE("a step is a header, stamped lines and an end") {
  CHECK(drawn({VertexStarted{.id = VertexId{1}, .name = "[1/1] RUN x", .time = at(10)},
               LogBytes{.vertex = VertexId{1}, .data = "one\ntw", .time = at(10.5)},
               LogBytes{.vertex = VertexId{1}, .data = "o\nrest", .time = at(30)},
               VertexCompleted{.vertex = VertexId{1}, .time = at(31)}}) ==
        "#0 building with test\n\n#1 [1/1] RUN x\n#1 0.500 one\n#1 20.00 two\n#1 21.00 rest\n"
        "#1 DONE 21.0s\n");
}

TEST_CASE("what happens beside the shown step waits for its end") {
  std::string text = drawn({VertexStarted{.id = VertexId{1}, .name = "a", .time = at(0)},
                            VertexStarted{.id = VertexId{2}, .name = "b", .time = at(0)},
                            LogBytes{.vertex = VertexId{2}, .data = "hidden\n", .time = at(1)},
                            LogBytes{.vertex = VertexId{1}, .data = "shown\n", .time = at(1)},
                            VertexCompleted{.vertex = VertexId{2}, .time = at(2)},
                            VertexCompleted{.vertex = VertexId{1}, .time = at(3)}});
  CHECK(text ==
        "#0 building with test\n\n#1 a\n#1 1.000 shown\n#1 DONE 3.0s\n\n"
        "#2 b\n#2 1.000 hidden\n#2 DONE 2.0s\n");
}

TEST_CASE("several steps that end together are all shown") {
  std::vector<Event> events = {VertexStarted{.id = VertexId{1}, .name = "first", .time = at(0)}};
  for (std::uint64_t number = 2; number < 10; ++number) {
    VertexId id{number};
    events.push_back(VertexStarted{.id = id, .name = "step", .time = at(0)});
    events.push_back(VertexCompleted{.vertex = id, .outcome = Outcome::kCached, .time = at(0)});
  }
  events.push_back(VertexCompleted{.vertex = VertexId{1}, .time = at(0)});
  std::string text = drawn(events);
  for (int id = 2; id < 10; ++id) CHECK(text.find(fmt::format("#{} CACHED", id)) != text.npos);
}

TEST_CASE("a line is cleaned of what moves the cursor, and a name of what is no text") {
  std::string text =
      drawn({VertexStarted{.id = VertexId{1}, .name = "RUN \x1b]0;t\a\nerror: x", .time = at(0)},
             LogBytes{.vertex = VertexId{1}, .data = "\x1b[31mred\x1b[2J\n", .time = at(1)},
             Status{.vertex = VertexId{1}, .name = "\x1b[2J", .completed = true},
             VertexCompleted{.vertex = VertexId{1},
                             .outcome = Outcome::kFailed,
                             .error = failed("said\n\x1b[2J"),
                             .time = at(2)}});
  CHECK(text ==
        "#0 building with test\n\n#1 RUN \\x1b]0;t\\x07\\x0aerror: x\n#1 1.000 red\n"
        "#1 \\x1b[2J done\n#1 ERROR: said\n  \\x1b[2J\n");
}

TEST_CASE("progress has no login of a URL, but for what a step says itself") {
  std::string url = "http://u:PW@h/x";
  CHECK(drawn({VertexStarted{.id = VertexId{1}, .name = "WORKDIR /" + url, .time = at(0)},
               LogBytes{.vertex = VertexId{1}, .data = "GET " + url + "\n", .time = at(1)},
               Status{.vertex = VertexId{1}, .name = url, .completed = true},
               Warning{.vertex = VertexId{1}, .message = "see " + url},
               VertexCompleted{.vertex = VertexId{1},
                               .outcome = Outcome::kFailed,
                               .error = failed("no " + url),
                               .time = at(2)}}) ==
        "#0 building with test\n\n#1 WORKDIR /http://xxxxx:xxxxx@h/x\n#1 1.000 GET " + url +
            "\n#1 http://xxxxx:xxxxx@h/x done\n#1 WARN: see http://xxxxx:xxxxx@h/x\n"
            "#1 ERROR: no http://xxxxx:xxxxx@h/x\n");
}

TEST_CASE("a transfer is a line by its digest, or by its URL without a login") {
  Digest digest = Digest::of("blob");
  Transfer blob{.vertex = VertexId{1},
                .item = digest,
                .current = 3'000'000,
                .total = 4'000'000,
                .started = at(1),
                .time = at(1.5)};
  Transfer file{
      .vertex = VertexId{1}, .item = "http://u:PW@h/x\x1b[2J", .current = 7, .completed = true};
  CHECK(drawn({VertexStarted{.id = VertexId{1}, .name = "pull", .time = at(0)}, blob, file,
               VertexCompleted{.vertex = VertexId{1}, .time = at(2)}}) ==
        "#0 building with test\n\n#1 pull\n#1 " + digest.str() +
            " 3MB / 4MB 0.5s\n#1 http://xxxxx:xxxxx@h/x\\x1b[2J 7B done\n#1 DONE 2.0s\n");
}

TEST_CASE("a line longer than the bound comes in pieces") {
  LineBuffer buffer;
  std::size_t lines = 0, bytes = 0, longest = 0;
  auto count = [&](std::string_view line) {
    ++lines;
    bytes += line.size();
    longest = std::max(longest, line.size());
  };
  for (int i = 0; i < 300; ++i) buffer.feed(std::string(1000, 'x'), count);
  buffer.feed("\nshort\n", count);
  CHECK(longest == 64 << 10);
  CHECK(bytes == 300'005);
  CHECK(lines == 6);
  CHECK(buffer.take_rest().empty());
}

TEST_CASE("what the plain display has shown, only the tail of is kept for the message") {
  Caught caught;
  ProgressOutput display(ProgressMode::kPlain);
  display.send(VertexStarted{.id = VertexId{1}, .name = "[2/2] RUN make", .time = {}});
  for (int i = 0; i < 15; ++i) {
    display.send(LogBytes{.vertex = VertexId{1}, .data = fmt::format("line {}\n", i), .time = {}});
  }
  display.send(VertexCompleted{
      .vertex = VertexId{1}, .outcome = Outcome::kFailed, .error = failed("x"), .time = {}});
  CHECK(display.failed_step()->last_lines.size() == 10);
  CHECK(display.failed_step()->left_out == 0);
}

TEST_CASE("a failed step's log that nobody has seen is kept for the message") {
  Caught caught;
  ProgressOutput display(ProgressMode::kQuiet);
  display.send(VertexStarted{.id = VertexId{1}, .name = "[2/2] RUN make", .time = {}});
  for (int i = 0; i < 15; ++i) {
    display.send(LogBytes{.vertex = VertexId{1}, .data = fmt::format("line {}\n", i), .time = {}});
  }
  CHECK(!display.failed_step());
  display.send(VertexCompleted{
      .vertex = VertexId{1}, .outcome = Outcome::kFailed, .error = failed("x"), .time = {}});
  auto step = display.failed_step();
  REQUIRE(step);
  CHECK(step->name == "[2/2] RUN make");
  CHECK(step->last_lines.size() == 15);
  CHECK(step->last_lines.back() == "line 14");
  CHECK(caught.text().empty());
}

TEST_CASE("a progress mode that does not exist is refused") {
  CHECK_THROWS_AS(parse_progress_mode("fancy"), Error);
  CHECK(parse_progress_mode("none") == ProgressMode::kQuiet);
}
