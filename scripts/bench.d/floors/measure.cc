// SPDX-License-Identifier: Apache-2.0
//
// measure TIMES RESULT COMMAND...: runs a command so many times in a row and writes one line to the
// file RESULT: wall, user and system seconds of all runs, and the peak RSS of the largest process
// in KiB.
//
// Small, since a process is charged with the RSS of whoever forked it. Children that a command
// leaves behind belong to its work: they become ours, and count when they end within a second.
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

double now() {
  timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void run(char** command) {
  pid_t child = 0;
  if (int error = posix_spawnp(&child, command[0], nullptr, nullptr, command, environ)) {
    std::fprintf(stderr, "measure: %s: error %d\n", command[0], error);
    std::exit(127);
  }
  int status = 0;
  for (pid_t ended = 0; ended != child;) ended = waitpid(-1, &status, 0);
  if (status != 0) std::exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

void reap_orphans() {
  for (int i = 0; i < 100; ++i) {
    pid_t ended = waitpid(-1, nullptr, WNOHANG);
    if (ended < 0) return;
    if (ended == 0) usleep(10'000);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  double start = now();
  for (int i = std::atoi(argv[1]); i > 0; --i) run(argv + 3);
  double wall = now() - start;
  reap_orphans();

  rusage used = {};
  getrusage(RUSAGE_CHILDREN, &used);
  std::FILE* result = std::fopen(argv[2], "w");
  if (!result) return 2;
  std::fprintf(result, "%.6f %.6f %.6f %ld\n", wall, seconds(used.ru_utime), seconds(used.ru_stime),
               used.ru_maxrss);
  return std::fclose(result) == 0 ? 0 : 2;
}
