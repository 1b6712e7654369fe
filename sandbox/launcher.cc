// SPDX-License-Identifier: Apache-2.0
//
// The builder's side of the launcher: one request for each step, and the answers. The messages are
// in internal/launcher_protocol.h. A step's start is confirmed by two things: StepStarted on the
// channel, and the end of the pipe for errors, which closes at exec.
#include "sandbox/launcher.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/known_state.h"
#include "sandbox/internal/launcher_process.h"
#include "sandbox/internal/launcher_protocol.h"

namespace cairn::sandbox {
namespace {

Error launcher_is_gone() {
  return Error::of(ErrorKind::kHost, "the launcher of steps has died")
      .with_hint("was it killed, perhaps for want of memory? The kernel's log may say");
}

// A step may clone only mounts of its own mount namespace. So everything that is not a detached
// mount yet is cloned here, in the builder's namespace. Each mount point gets its own tree.
SandboxSpec detach_clones(SandboxSpec spec, StepFds& fds) {
  std::vector<sys::Fd> trees;
  for (MountPoint& mount : spec.mounts) {
    if (mount.kind == MountKind::kTmpfs) continue;
    CAIRN_ASSERT(mount.fd_index < fds.mounts.size(), "a mount point without its descriptor");
    ErrorContext while_here([&] { return fmt::format("mounting on {}", mount.target); });
    const sys::Fd& source = fds.mounts[mount.fd_index];
    trees.push_back(mount.kind == MountKind::kTree
                        ? sys::duplicate(source)
                        : sys::duplicate(sys::clone_tree(source, "", sys::Recursive::kYes).fd()));
    mount.kind = MountKind::kTree;
    mount.fd_index = trees.size() - 1;
  }
  fds.mounts = std::move(trees);
  return spec;
}

BuilderWorld builder_world(const BuilderNamespace& builder, Isolation isolation) {
  return {.identity = builder.identity,
          .isolation = isolation,
          .uid_map = identity_of(builder.uid_map),
          .gid_map = identity_of(builder.gid_map),
          .may_set_groups = builder.may_set_groups};
}

}  // namespace

RunningStep::~RunningStep() {
  if (!channel_ || status_) return;
  kill();
  // If the launcher is gone, the step died with it.
  best_effort([&] { wait(); });
}

sys::ExitStatus RunningStep::wait() {
  if (status_) return *status_;
  std::optional<Message> message = receive_message(channel_);
  if (!message) throw launcher_is_gone();
  StepEnded ended = decode_step_ended(std::move(*message));
  status_ = ended.status;
  refused_nodes_ = ended.refused_nodes;
  usage_ = ended.usage;
  return *status_;
}

void RunningStep::send(int signal) const {
  ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
}

// The first message describes the builder's namespace.
Launcher Launcher::start(const BuilderNamespace& builder, Isolation isolation) {
  auto [ours, theirs] = sys::make_socket_pair(SOCK_SEQPACKET);
  int pidfd = -1;
  // Like fork(2) with a pid namespace. Not clone3(2), which some containers' filters answer with
  // ENOSYS.
  auto pid = static_cast<pid_t>(
      ::syscall(SYS_clone, CLONE_NEWPID | CLONE_PIDFD | SIGCHLD, nullptr, &pidfd, nullptr, 0));
  if (pid < 0) throw Error::from_errno(errno, "fork the launcher into a pid namespace");
  if (pid == 0) {
    ours.reset();
    sys::restore_open_files_limit();
    execute_launcher(std::move(theirs));
  }
  Launcher launcher(sys::Process(pid, sys::Fd(pidfd)), std::move(ours));
  // If it has died already, the first request will report that.
  best_effort([&] { send_message(launcher.control_, encode(builder_world(builder, isolation))); });
  return launcher;
}

Launcher::~Launcher() {
  if (!process_) return;
  control_.reset();  // the launcher kills its steps and exits
  // If somebody else reaped it, it has ended, and that is enough.
  best_effort([&] { process_.wait(); });
}

RunningStep Launcher::run(const SandboxSpec& spec, StepFds fds) const {
  CAIRN_ASSERT(!spec.argv.empty(), "a step without a command");
  RunRequest request;
  request.spec = detach_clones(spec, fds);
  request.fds = std::move(fds);
  auto [channel, far_channel] = sys::make_socket_pair(SOCK_SEQPACKET);
  sys::Pipe errors = sys::make_pipe();
  request.channel = std::move(far_channel);
  request.errors = std::move(errors.write_end);
  auto explain = [](const Error& error) {
    if (error.code() == EPIPE || error.code() == ECONNRESET) throw launcher_is_gone();
  };
  amend(explain, [&] { send_message(control_, encode(request)); });
  request = RunRequest();  // close our copies: from here on the step owns the descriptors

  // Both end at the latest when the step is gone, so this cannot block for ever.
  std::optional<Message> message = receive_message(channel);
  StepReport report = decode_report(sys::read_all(errors.read_end));
  if (!message) throw report.failure ? *report.failure : launcher_is_gone();
  StepStarted started = decode_step_started(std::move(*message));
  if (!report.failure) report.notes = untold(std::move(report.notes));
  // From here on the handle kills the step if anything throws.
  RunningStep step(started.pid, std::move(started.pidfd), std::move(channel),
                   std::move(report.notes));
  if (report.failure) throw *report.failure;
  return step;
}

std::vector<std::string> Launcher::untold(std::vector<std::string> notes) const {
  std::lock_guard lock(told_->mutex);
  std::erase_if(notes, [&](const std::string& note) { return !told_->notes.insert(note).second; });
  return notes;
}

int command_exit_code(const Error& error) {
  return sys::is_absence(error.code()) ? 127 : 126;
}

}  // namespace cairn::sandbox
