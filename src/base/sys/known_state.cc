// SPDX-License-Identifier: Apache-2.0
//
// Plain system calls whose failures are ignored: standard error itself may be missing, so there is
// nowhere to report them.
#include "base/sys/known_state.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

namespace cairn::sys {
namespace {

// open(2) returns the lowest free number, so going upwards fills each gap. A host without /dev/null
// still has a root directory.
void open_standard_streams() {
  for (int fd = 0; fd < 3; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    int flags = fd == STDOUT_FILENO ? O_RDONLY : O_RDWR;
    if (::open("/dev/null", flags) < 0) ::open("/", O_RDONLY | O_DIRECTORY);
  }
}

// The limit that the parent gave us, saved when it is raised.
rlimit inherited_open_files{};
bool is_raised = false;

void raise_open_files_limit() {
  if (::getrlimit(RLIMIT_NOFILE, &inherited_open_files) != 0) return;
  rlimit raised = inherited_open_files;
  raised.rlim_cur = raised.rlim_max;
  is_raised = ::setrlimit(RLIMIT_NOFILE, &raised) == 0;
}

}  // namespace

void restore_open_files_limit() {
  if (is_raised) ::setrlimit(RLIMIT_NOFILE, &inherited_open_files);
}

void restore_open_files_limit(pid_t child) {
  if (is_raised) ::prlimit(child, RLIMIT_NOFILE, &inherited_open_files, nullptr);
}

void take_known_state() {
  open_standard_streams();
  ::signal(SIGCHLD, SIG_DFL);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  raise_open_files_limit();
}

}  // namespace cairn::sys
