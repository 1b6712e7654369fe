// SPDX-License-Identifier: Apache-2.0
//
// A loop on one thread: each request brings a channel, and a clone in a new pid namespace becomes
// the guardian that answers on it. First the keeper closes everything it inherited from the
// builder, whose locks and pipes would otherwise stay open as long as the keeper lives.
#include "sandbox/internal/network_keeper.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/known_state.h"
#include "sandbox/internal/message.h"
#include "sandbox/internal/network_guardian.h"
#include "sandbox/internal/network_messages.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;

// A child that is pid 1 of a new pid namespace. Its parent has one thread, so it may do anything.
pid_t clone_first_process(std::uint64_t more_flags) {
  clone_args args{};
  args.flags = CLONE_NEWPID | more_flags;
  args.exit_signal = SIGCHLD;
  return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
}

// The terminal's signals are for the builder, which decides. Of the builder's files we keep none:
// its locks would outlive it, and a reader of its output would wait for us.
void leave_the_builder(const Fd& kept) {
  ::prctl(PR_SET_NAME, "cairn-network");
  sys::restore_open_files_limit();
  ::setsid();
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  Fd null = sys::open_path("/dev/null", O_RDWR);
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null.get(), fd);
  auto fd = static_cast<unsigned>(kept.get());
  null.reset();
  if (fd > 3) ::close_range(3, fd - 1, 0);
  ::close_range(fd + 1, ~0u, 0);
}

[[noreturn]] void run_keeper(const Fd& control, const std::vector<HelperProgram>& helpers,
                             std::uint32_t last_gid) {
  std::optional<Error> failure = last_failure_of([&] {
    leave_the_builder(control);
    ::signal(SIGCHLD, SIG_IGN);  // the kernel reaps the guardians
    while (std::optional<Message> message = receive_message(control)) {
      NetworkRequest request = parse_network_request(message->bytes);
      Fd channel = std::move(message->fds.at(0));
      pid_t pid = clone_first_process(CLONE_NEWNS);
      if (pid == 0) {
        ::close(control.get());
        ::signal(SIGCHLD, SIG_DFL);
        run_network_guardian(std::move(channel), helpers.at(request.helper), request.of_step,
                             last_gid);
      }
      if (pid < 0) {
        send_message(channel, Error::from_errno(errno, "clone a process").message(), {});
      }
    }
  });
  ::_exit(failure ? 70 : 0);  // the builder sees the socket close
}

}  // namespace

sys::Process start_network_keeper(const Fd& ours, Fd theirs,
                                  const std::vector<HelperProgram>& helpers,
                                  std::uint32_t last_gid) {
  pid_t pid = clone_first_process(0);
  if (pid < 0) throw Error::from_errno(errno, "fork the keeper of networks");
  if (pid == 0) {
    ::close(ours.get());
    run_keeper(theirs, helpers, last_gid);
  }
  return sys::Process(pid, sys::open_pidfd(pid));
}

}  // namespace cairn::sandbox
