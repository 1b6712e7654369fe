// SPDX-License-Identifier: Apache-2.0
//
// Processes that work in a store beside the test, and how they end.
#pragma once

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>

namespace cairn::test {

// Runs `work` in a process of its own, which then ends without unwinding.
template <typename Work>
pid_t in_child(Work work) {
  pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid != 0) return pid;
  try {
    work();
  } catch (const std::exception&) {
    ::_exit(1);
  }
  ::_exit(0);
}

inline int wait_for(pid_t pid) {
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status;
}

inline void kill_process(pid_t pid) {
  ::kill(pid, SIGKILL);
  wait_for(pid);
}

}  // namespace cairn::test
