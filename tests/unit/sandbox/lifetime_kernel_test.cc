// SPDX-License-Identifier: Apache-2.0
//
// Everything dies with the builder. Each test forks a builder of its own, with its own launcher and
// a step that would run for a long time, and does to it what users and kernels do.
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "kernel_support.h"

using namespace cairn;
using namespace cairn::sandbox;
using namespace cairn::sandbox::test;

namespace {

struct Pids {
  pid_t launcher;
  pid_t step;
};

// The launcher is the parent of the step: field 4 of its stat line.
pid_t parent_of(pid_t pid) {
  std::string stat = sys::read_file("/proc/" + std::to_string(pid) + "/stat");
  return static_cast<pid_t>(std::stol(stat.substr(stat.rfind(')') + 4)));
}

// A child that runs a step and then does `after`; it never returns.
template <typename After>
std::pair<sys::Process, Pids> start_builder(const BusyboxRoot& root, After after) {
  sys::Pipe pipe = sys::make_pipe();
  pid_t pid = ::fork();
  if (pid == 0) {
    try {
      Launcher own = Launcher::start(*builder);
      StepFds fds;
      fds.root = root.tree();
      RunningStep step = own.run(shell("sleep 1000 & sleep 1000"), std::move(fds));
      pid_t seen = pid_of(step.pidfd());
      Pids pids{.launcher = parent_of(seen), .step = seen};
      sys::write_all(pipe.write_end, std::as_bytes(std::span(&pids, 1)));
      after(step);
    } catch (const Error&) {
      ::_exit(9);
    }
    ::_exit(0);
  }
  pipe.write_end.reset();
  sys::Process process(pid, sys::open_pidfd(pid));
  Pids pids{};
  sys::read_some(pipe.read_end, std::as_writable_bytes(std::span(&pids, 1)));
  return {std::move(process), pids};
}

bool ends_soon(pid_t pid) {
  for (int i = 0; i < 500; ++i) {
    // A zombie has ended too: whoever inherited it reaps when it likes.
    std::optional<std::string> stat = sys::find_file("/proc/" + std::to_string(pid) + "/stat");
    if (!stat || stat->empty() || stat->at(stat->rfind(')') + 2) == 'Z') return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

TEST_CASE("kill -9 of the builder leaves no process") {
  BusyboxRoot root;
  auto [process, pids] = start_builder(root, [](RunningStep&) { ::pause(); });
  REQUIRE(pids.step > 0);
  process.send(SIGKILL);
  process.wait();
  CHECK(ends_soon(pids.step));
  CHECK(ends_soon(pids.launcher));
}

TEST_CASE("a launcher that is killed takes its steps along, and the builder hears of it") {
  BusyboxRoot root;
  auto [process, pids] = start_builder(root, [](RunningStep& step) {
    try {
      step.wait();
    } catch (const Error& error) {
      ::_exit(error.message() == "the launcher of steps has died" ? 42 : 1);
    }
  });
  REQUIRE(pids.launcher > 0);
  ::kill(pids.launcher, SIGKILL);
  CHECK(ends_soon(pids.step));
  CHECK(process.wait().code == 42);
}

TEST_CASE("a builder that is killed takes along a launcher that stands still, and its steps") {
  BusyboxRoot root;
  auto [process, pids] = start_builder(root, [](RunningStep&) { ::pause(); });
  REQUIRE(pids.launcher > 0);
  ::kill(pids.launcher, SIGSTOP);
  process.send(SIGKILL);
  process.wait();
  CHECK(ends_soon(pids.step));
  CHECK(ends_soon(pids.launcher));
}

TEST_CASE("a launcher that was killed is missed at the next request") {
  BusyboxRoot root;
  Launcher own = Launcher::start(*builder);
  StepFds fds;
  fds.root = root.tree();
  RunningStep step = own.run(shell("sleep 1000"), std::move(fds));
  ::kill(parent_of(pid_of(step.pidfd())), SIGKILL);
  CHECK_THROWS_WITH_AS(step.wait(), "the launcher of steps has died", Error);
  fds = {};
  fds.root = root.tree();
  CHECK_THROWS_WITH_AS(own.run(shell("true"), std::move(fds)), "the launcher of steps has died",
                       Error);
}

TEST_CASE("the terminal's signals do not reach the launcher") {
  BusyboxRoot root;
  auto [process, pids] = start_builder(root, [](RunningStep&) { ::pause(); });
  REQUIRE(pids.launcher > 0);
  CHECK(::getsid(pids.launcher) == pids.launcher);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::kill(pids.launcher, signal);
  CHECK(::kill(pids.step, 0) == 0);
  process.send(SIGKILL);
  process.wait();
  CHECK(ends_soon(pids.launcher));
}

TEST_CASE("an orderly end kills what still runs") {
  BusyboxRoot root;
  auto [process, pids] = start_builder(root, [](RunningStep&) {});  // returns, and unwinds
  CHECK(process.wait().code == 0);
  CHECK(ends_soon(pids.step));
  CHECK(ends_soon(pids.launcher));
}
