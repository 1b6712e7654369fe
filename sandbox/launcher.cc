// SPDX-License-Identifier: Apache-2.0
#include "sandbox/launcher.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "base/error.h"
#include "base/json.h"
#include "sandbox/internal/launcher_process.h"
#include "sandbox/internal/message.h"

namespace cairn::sandbox {
namespace {

Error launcher_is_gone() {
  return Error::of(ErrorKind::kHost, "the launcher of steps has died")
      .with_hint("was it killed, perhaps for want of memory? The kernel's log may say");
}

sys::Fd to_memfd(const SandboxSpec& spec) {
  std::vector<std::uint8_t> bytes = Json::to_cbor(to_json(spec));
  sys::Fd fd = sys::make_memfd("cairn-step");
  sys::write_all(fd, std::as_bytes(std::span(bytes)));
  return fd;
}

// A step may clone only mounts of its own mount namespace, so what is no detached mount yet is
// cloned here, in the builder's. From here on each mount point has a tree of its own.
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

}  // namespace

Step::~Step() {
  if (!channel_ || status_) return;
  kill();
  try {
    wait();
  } catch (const Error&) {
    // The launcher is gone, and the step died with it.
  }
}

sys::ExitStatus Step::wait() {
  if (status_) return *status_;
  std::optional<Message> message = receive_message(channel_);
  if (!message || message->bytes.size() != sizeof(StepEnd)) throw launcher_is_gone();
  StepEnd end;
  std::memcpy(&end, message->bytes.data(), sizeof end);
  status_ = end.status;
  usage_ = end.usage;
  return *status_;
}

void Step::send(int signal) const {
  ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
}

Launcher Launcher::start(const BuilderNamespace& builder) {
  auto [ours, theirs] = sys::make_socket_pair(SOCK_SEQPACKET);
  pid_t pid = ::fork();
  if (pid < 0) throw Error::from_errno(errno, "fork the launcher");
  if (pid == 0) {
    ours.reset();
    run_launcher(std::move(theirs), builder);
  }
  return Launcher(sys::Process(pid, sys::open_pidfd(pid)), std::move(ours));
}

Launcher::~Launcher() {
  if (!process_) return;
  control_.reset();  // the launcher kills its steps and ends
  try {
    process_.wait();
  } catch (const Error&) {
    // Somebody else reaped it: it has ended, which is all we want.
  }
}

Step Launcher::run(const SandboxSpec& spec, StepFds fds) const {
  CAIRN_ASSERT(!spec.argv.empty(), "a step without a command");
  for (sys::Fd* stream : {&fds.in, &fds.out, &fds.err}) {
    if (!*stream) *stream = sys::open_path("/dev/null", O_RDWR);
  }
  sys::Fd memfd = to_memfd(detach_clones(spec, fds));
  auto [channel, far_channel] = sys::make_socket_pair(SOCK_SEQPACKET);
  sys::Pipe errors = sys::make_pipe();
  std::vector<int> sent{memfd.get(),         far_channel.get(), errors.write_end.get(),
                        fds.root.fd().get(), fds.in.get(),      fds.out.get(),
                        fds.err.get()};
  for (const sys::Fd& mount : fds.mounts) sent.push_back(mount.get());
  send_message(control_, "run", sent);
  far_channel.reset();
  errors.write_end.reset();
  fds = StepFds();

  std::optional<Message> started = receive_message(channel);
  std::string failure = sys::read_all(errors.read_end);
  if (!started || started->bytes.size() != sizeof(pid_t) || started->fds.size() != 1) {
    if (!failure.empty()) throw parse_error(failure);
    throw launcher_is_gone();
  }
  pid_t pid = 0;
  std::memcpy(&pid, started->bytes.data(), sizeof pid);
  Step step(pid, std::move(started->fds[0]), std::move(channel));
  if (!failure.empty()) throw parse_error(failure);
  return step;
}

int command_exit_code(const Error& error) {
  return error.code() == ENOENT || error.code() == ENOTDIR ? 127 : 126;
}

}  // namespace cairn::sandbox
