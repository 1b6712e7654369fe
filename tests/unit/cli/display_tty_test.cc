// SPDX-License-Identifier: Apache-2.0
//
// The block that the terminal display leaves behind, on a descriptor of no known width: 80 columns.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cctype>

#include "base/sys/fd.h"
#include "base/text.h"
#include "cli/display/progress_output.h"

using namespace cairn;
using namespace cairn::cli;
using namespace cairn::progress;

namespace {

using Lines = std::vector<std::string>;

Timestamp at_second(std::int64_t seconds) {
  return {.seconds = seconds, .nanos = 0};
}

// Text without escape sequences.
std::string bare(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\x1b') {
      out += text[i];
      continue;
    }
    while (i < text.size() && !std::isalpha(static_cast<unsigned char>(text[i]))) ++i;
  }
  return out;
}

std::string drawn_on_tty(const std::vector<Event>& events) {
  sys::Fd file = sys::make_memfd("stderr");
  sys::Fd saved(::dup(STDERR_FILENO));
  ::dup2(file.get(), STDERR_FILENO);
  {
    ProgressOutput display(ProgressMode::kTty);
    display.begin("here");
    for (const Event& event : events) display.send(event);
    display.finish();
  }
  ::dup2(saved.get(), STDERR_FILENO);
  ::lseek(file.get(), 0, SEEK_SET);
  return sys::read_all(file);
}

// The lines of the last block; a tick may have drawn others before it.
Lines block(const std::vector<Event>& events) {
  std::string text = drawn_on_tty(events);
  std::size_t end = text.rfind("\x1b[J");
  REQUIRE(end != std::string::npos);
  std::size_t begin = text.rfind("\x1b[J", end - 1);
  begin = begin == std::string::npos ? 0 : begin + 3;
  Lines lines = split(bare(text.substr(begin, end - begin)), '\n');
  lines.pop_back();
  return lines;
}

bool is_line(const std::string& line, const std::string& left, const std::string& right) {
  return line.size() == 79 && line.starts_with(left) && line.ends_with(" " + right);
}

}  // namespace

TEST_CASE("a finished build is a headline and a line for each step with its time at the edge") {
  Lines lines =
      block({VertexStarted{.id = VertexId{1}, .name = "[1/2] FROM x", .time = at_second(10)},
             VertexStarted{.id = VertexId{2}, .name = "[2/2] RUN y", .time = at_second(10)},
             VertexCompleted{.vertex = VertexId{2}, .time = at_second(12)},
             VertexCompleted{.vertex = VertexId{1}, .time = at_second(13)}});
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].starts_with("[+] Building 0."));
  CHECK(lines[0].find("(2/2) FINISHED") != std::string::npos);
  CHECK(lines[0].ends_with(" here"));
  CHECK(is_line(lines[1], " => [1/2] FROM x ", "3.0s"));
  CHECK(is_line(lines[2], " => [2/2] RUN y ", "2.0s"));
}

TEST_CASE("how a step ended is said before its name, and its log is gone") {
  struct Case {
    Outcome outcome;
    const char* label;
  };
  for (const Case& c : {Case{Outcome::kOk, " => step "}, Case{Outcome::kCached, " => CACHED step "},
                        Case{Outcome::kFailed, " => ERROR step "},
                        Case{Outcome::kCancelled, " => CANCELED step "}}) {
    Lines lines =
        block({VertexStarted{.id = VertexId{1}, .name = "step", .time = at_second(0)},
               LogBytes{.vertex = VertexId{1}, .data = "output\n", .time = at_second(0)},
               VertexCompleted{.vertex = VertexId{1}, .outcome = c.outcome, .time = at_second(1)}});
    CAPTURE(c.label);
    REQUIRE(lines.size() == 2);
    CHECK(is_line(lines[1], c.label, "1.0s"));
  }
}

TEST_CASE("a running step shows the last lines of its output and is not finished") {
  std::vector<Event> events = {
      VertexStarted{.id = VertexId{1}, .name = "step", .time = at_second(0)}};
  for (int i = 0; i < 10; ++i) {
    events.push_back(LogBytes{
        .vertex = VertexId{1}, .data = "line " + std::to_string(i) + "\n", .time = at_second(1)});
  }
  events.push_back(LogBytes{.vertex = VertexId{1}, .data = "unfinished", .time = at_second(1)});
  Lines lines = block(events);
  REQUIRE(lines.size() == 8);
  CHECK(lines[0].find("(0/1)") != std::string::npos);
  CHECK(lines[0].find("FINISHED") == std::string::npos);
  CHECK(lines[2] == " => => # line 4");
  CHECK(lines[7] == " => => # line 9");
}

TEST_CASE("output cannot move the cursor, and a long name is cut before the time") {
  Lines lines = block(
      {VertexStarted{.id = VertexId{1}, .name = std::string(200, 'n'), .time = at_second(0)},
       LogBytes{.vertex = VertexId{1}, .data = "lost\ra\x1b[2Jb\tc\n", .time = at_second(0)},
       LogBytes{
           .vertex = VertexId{1}, .data = std::string(200, 'l') + "\n", .time = at_second(0)}});
  REQUIRE(lines.size() == 4);
  CHECK(lines[1].size() == 79);
  CHECK(lines[1].starts_with(" => nnn"));
  CHECK(lines[1].ends_with("s"));
  CHECK(lines[2] == " => => # ab c");
  CHECK(lines[3].size() == 79);
}

TEST_CASE("a status is one line however often it is sent, and warnings come last") {
  Transfer transfer{
      .vertex = VertexId{1}, .item = "http://h/x", .current = 1'000'000, .total = 4'000'000};
  Transfer later = transfer;
  later.current = 3'000'000;
  Lines lines = block({VertexStarted{.id = VertexId{1}, .name = "pull", .time = at_second(0)},
                       transfer, later, Warning{.vertex = VertexId{1}, .message = "slow mirror"},
                       VertexStarted{.id = VertexId{2}, .name = "other", .time = at_second(0)}});
  REQUIRE(lines.size() == 5);
  CHECK(lines[2].starts_with(" => => http://h/x 3"));
  CHECK(lines[2].find("4MB") != std::string::npos);
  CHECK(lines[4] == "WARN: slow mirror");
}

TEST_CASE("the cursor is hidden while the block is redrawn, and shown again at the end") {
  std::string text =
      drawn_on_tty({VertexStarted{.id = VertexId{1}, .name = "step", .time = at_second(0)}});
  CHECK(text.find("\x1b[?25l") < text.find("[+]"));
  CHECK(text.ends_with("\x1b[?25h"));
}
