// SPDX-License-Identifier: Apache-2.0
//
// How the launcher starts: as a child of the builder in its own pid namespace, which executes our
// program again and learns about the builder's namespace from the first message.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstring>

#include "base/attempt.h"
#include "base/error.h"
#include "sandbox/internal/launcher_process.h"
#include "sandbox/internal/own_program.h"
#include "sandbox/launcher.h"

namespace cairn::sandbox {
namespace {

// The space in the name keeps it apart from any command line. `ps` shows it.
constexpr const char* kLauncherName = "cairn: launcher of steps";
constexpr int kControl = 3;

// Whether main has called serve_as_launcher(). A program that does not would start from its
// beginning instead of as a launcher, so it is never executed.
bool main_can_serve = false;

// The builder's files are none of our business: through us, its locks would outlive it. `control`
// becomes descriptor 3 and survives the exec.
void keep_only(sys::Fd control) {
  if (control.get() == kControl) {
    if (::fcntl(kControl, F_SETFD, 0) < 0) throw Error::from_errno(errno, "keep a socket");
    static_cast<void>(control.release());
  } else {
    if (::dup2(control.get(), kControl) < 0) throw Error::from_errno(errno, "keep a socket");
    control.reset();
  }
  if (::close_range(kControl + 1, ~0u, 0) < 0) throw Error::from_errno(errno, "close_range");
}

}  // namespace

void execute_launcher(sys::Fd control) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // when the builder dies; exec keeps it
  std::optional<Error> broken = failure_of([&] {
    keep_only(std::move(control));
    if (!main_can_serve) throw Error(ErrorKind::kBug, "this program cannot be a launcher");
    execute_own_program({kLauncherName});
  });
  run_launcher(sys::Fd(kControl), std::move(broken));
}

void serve_as_launcher(int argc, char** argv) {
  main_can_serve = true;
  if (argc != 1 || std::strcmp(argv[0], kLauncherName) != 0) return;
  // Anybody can give a program this name; without a builder at the other end there is nothing to
  // do.
  if (::fcntl(kControl, F_SETFD, FD_CLOEXEC) < 0) ::_exit(2);
  run_launcher(sys::Fd(kControl), failure_of([] { close_own_program(); }));
}

}  // namespace cairn::sandbox
