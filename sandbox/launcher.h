// SPDX-License-Identifier: Apache-2.0
//
// Running steps. A Launcher is a small single-threaded process, forked from main before the first
// thread and before the builder grows (a fork of 500 MB costs 6 ms); on request it makes a step's
// namespaces, and in them a process that builds the step's world and then becomes the user's
// command.
//
// Everything dies with the builder: the launcher ends when its socket closes, and kills its steps
// first; a step is pid 1 of its pid namespace, so that its death is the death of all it started;
// and its mounts live in its mount namespace alone.
#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <optional>

#include "base/error.h"
#include "base/sys/fd.h"
#include "base/sys/process.h"
#include "sandbox/builder_namespace.h"
#include "sandbox/spec.h"

namespace cairn::sandbox {

// A command that runs. The destructor kills it, and all that it started.
class Step {
 public:
  Step(pid_t pid, sys::Fd pidfd, sys::Fd channel)
      : pid_(pid), pidfd_(std::move(pidfd)), channel_(std::move(channel)) {}
  Step(Step&&) noexcept = default;
  Step& operator=(Step&&) = delete;
  ~Step();

  pid_t pid() const { return pid_; }  // as the launcher sees it
  // Blocks until the command has ended and its namespaces are gone: from then on the upperdir of
  // its root belongs to nobody.
  sys::ExitStatus wait();
  // A step that has ended is no error. May be called while another thread waits.
  void send(int signal) const;
  void kill() const { send(SIGKILL); }
  // Readable when the step has ended, for poll(2).
  const sys::Fd& channel() const { return channel_; }
  const std::optional<rusage>& usage() const { return usage_; }  // once wait() returned

 private:
  pid_t pid_;
  sys::Fd pidfd_;
  sys::Fd channel_;  // to the launcher, which kills the step when this closes
  std::optional<sys::ExitStatus> status_;
  std::optional<rusage> usage_;
};

class Launcher {
 public:
  // Forks. To be called after enter_builder_namespace and before any thread.
  static Launcher start(const BuilderNamespace& builder);
  Launcher(Launcher&&) noexcept = default;
  Launcher& operator=(Launcher&&) = delete;
  ~Launcher();

  // Returns when the user's command is running; safe from any thread. Throws what went wrong while
  // the step was set up: kHost for the host's fault, kDockerfile for an unknown user and the like,
  // kStep for a command that cannot be executed (code() is then the errno of execve, see
  // command_exit_code).
  Step run(const SandboxSpec& spec, StepFds fds) const;

 private:
  Launcher(sys::Process process, sys::Fd control)
      : process_(std::move(process)), control_(std::move(control)) {}

  sys::Process process_;
  sys::Fd control_;
};

// What a shell would have exited with: 127 for a command that is not there, 126 for one that is and
// cannot be executed.
int command_exit_code(const Error& error);

}  // namespace cairn::sandbox
