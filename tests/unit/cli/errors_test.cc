// SPDX-License-Identifier: Apache-2.0
//
// What people and scripts are told in the end, and the terminal of `run -t`.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/sys/fd.h"
#include "base/sys/terminal.h"
#include "base/time.h"
#include "cli/command.h"
#include "cli/table.h"
#include "cli/terminal.h"

using namespace cairn;
using namespace cairn::cli;

namespace {

// What `action` writes to the descriptor `number`.
template <typename Action>
std::string written_to(int number, Action action) {
  sys::Fd file = sys::make_memfd("caught");
  sys::Fd saved(::dup(number));
  ::dup2(file.get(), number);
  action();
  ::dup2(saved.get(), number);
  ::lseek(file.get(), 0, SEEK_SET);
  return sys::read_all(file);
}

std::string printed(const Error& error) {
  return written_to(STDERR_FILENO, [&] { print_error(error); });
}

}  // namespace

TEST_CASE("the exit status tells scripts whose fault it was") {
  CHECK(exit_code(ErrorKind::kStep) == 1);
  CHECK(exit_code(ErrorKind::kUsage) == 2);
  CHECK(exit_code(ErrorKind::kDockerfile) == 3);
  CHECK(exit_code(ErrorKind::kRegistry) == 4);
  CHECK(exit_code(ErrorKind::kHost) == 5);
  CHECK(exit_code(ErrorKind::kCorrupt) == 5);
  CHECK(exit_code(ErrorKind::kPolicy) == 6);
  CHECK(exit_code(ErrorKind::kLimit) == 7);
  CHECK(exit_code(ErrorKind::kCancelled) == 130);
  CHECK(exit_code(ErrorKind::kBug) == 70);
}

TEST_CASE("an error is printed with its lines, what was being done, and the way out") {
  auto source = std::make_shared<SourceText>(SourceText{"Dockerfile", "FROM a\nCOPY b /\n"});
  Error error = Error(ErrorKind::kDockerfile, "\"/b\": not found").with_hint("did you mean c?");
  error.set_span_if_none({.source = source, .first_line = 2, .last_line = 2});
  error.add_context("running step COPY b /");
  CHECK(printed(error) ==
        "Dockerfile:2\n--------------------\n   1 |     FROM a\n   2 | >>> COPY b /\n"
        "   3 |     \n"
        "--------------------\nerror: \"/b\": not found\n  while running step COPY b /\n"
        "  Dockerfile:2\nhint: did you mean c?\n");
}

TEST_CASE(
    "an error without a place or a hint is one line, and only our own fault asks for a report") {
  CHECK(printed(Error(ErrorKind::kHost, "no space")) == "error: no space\n");
  CHECK(printed(Error(ErrorKind::kBug, "x")).find("report") != std::string::npos);
  CHECK(written_to(STDERR_FILENO, [] { print_note("slower"); }) == "note: slower\n");
}

TEST_CASE("what a command writes to its terminal comes out of ours, to the last byte") {
  sys::PseudoTerminal terminal = sys::open_pseudo_terminal();
  CHECK(::isatty(terminal.slave.get()) == 1);
  sys::Pipe until = sys::make_pipe();
  sys::write_all(terminal.slave, "first\nlast");
  terminal.slave.reset();
  until.write_end.reset();  // the command has ended before anybody read
  CHECK(written_to(STDOUT_FILENO, [&] {
          relay_terminal(terminal.master, until.read_end, false);
        }) == "first\r\nlast");
}

TEST_CASE("a command that ends and leaves its terminal open ends the relay") {
  sys::PseudoTerminal terminal = sys::open_pseudo_terminal();
  sys::Pipe until = sys::make_pipe();
  sys::write_all(terminal.slave, "output");
  until.write_end.reset();
  CHECK(written_to(STDOUT_FILENO,
                   [&] { relay_terminal(terminal.master, until.read_end, false); }) == "output");
}

TEST_CASE("ids are cut to twelve digits, times are told from now") {
  CHECK(short_id(Digest::of("")) == "e3b0c44298fc");
  Timestamp past = now();
  past.seconds -= 7200;
  CHECK(ago(past) == "2 hours ago");
}
