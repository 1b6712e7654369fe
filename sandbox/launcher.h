// SPDX-License-Identifier: Apache-2.0
//
// Runs steps. A Launcher is a small process with one thread, forked from main before the first
// thread and before the builder grows (a fork of 500 MB costs 6 ms). On request it makes a step's
// namespaces, and in them a process that sets up the step and then becomes the user's command.
//
// Everything dies with the builder: the launcher ends when its socket closes, and by a signal if
// the builder is killed. It is pid 1 of a pid namespace, so every step dies with it, however it
// dies; and each step is pid 1 of a nested one, so all of its processes die with it
// (pid_namespaces(7)). A step's mounts live only in its mount namespace.
//
// The launcher is this program executed again (internal/own_program.h says why), so a main that
// starts a launcher must call serve_as_launcher() first.
#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/sys/fd.h"
#include "base/sys/process.h"
#include "sandbox/builder_namespace.h"
#include "sandbox/refused_nodes.h"
#include "sandbox/spec.h"

namespace cairn::sandbox {

// A running command. The destructor kills it and all its children.
class RunningStep {
 public:
  RunningStep(pid_t pid, sys::Fd pidfd, sys::Fd channel, std::vector<std::string> notes)
      : pid_(pid),
        pidfd_(std::move(pidfd)),
        channel_(std::move(channel)),
        notes_(std::move(notes)) {}
  RunningStep(RunningStep&&) noexcept = default;
  RunningStep& operator=(RunningStep&&) = delete;
  ~RunningStep();

  pid_t pid() const { return pid_; }  // in the launcher's pid namespace
  const sys::Fd& pidfd() const { return pidfd_; }
  // Blocks until the command has ended and its namespaces are gone; from then on nothing writes to
  // the upperdir of its root.
  sys::ExitStatus wait();
  // Does nothing if the step has ended. May be called while another thread waits.
  void send(int signal) const;
  void kill() const { send(SIGKILL); }
  // Becomes readable when the step has ended, for poll(2).
  const sys::Fd& channel() const { return channel_; }
  const std::optional<rusage>& usage() const { return usage_; }  // valid after wait()
  // Devices the command tried to make, which the kernel refuses in a user namespace. Valid after
  // wait(). Unknown for an insecure step, which has no filter.
  const RefusedNodes& refused_nodes() const { return refused_nodes_; }
  // Notes for the user: what this host refused the step, and what that means. Each note comes with
  // one step of a launcher only.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  pid_t pid_;
  sys::Fd pidfd_;
  sys::Fd channel_;  // to the launcher, which kills the step when it closes
  std::vector<std::string> notes_;
  std::optional<sys::ExitStatus> status_;
  std::optional<rusage> usage_;
  RefusedNodes refused_nodes_;
};

// Must be the first call in main, before anything else in the process is used. In a process that
// was executed as a launcher it never returns. If main does not call it, every Launcher::run()
// fails.
void serve_as_launcher(int argc, char** argv);

class Launcher {
 public:
  // Forks. Call it after enter_builder_namespace() and before any thread exists. Steps are isolated
  // according to `isolation`; for a rung without a plan (isolation_plan.h) every run() throws kBug.
  static Launcher start(const BuilderNamespace& builder, Isolation isolation = Isolation::kS0);
  Launcher(Launcher&&) noexcept = default;
  Launcher& operator=(Launcher&&) = delete;
  ~Launcher();

  // Returns when the user's command is running. Thread-safe. Throws what went wrong in the set-up:
  // kHost for a fault of the host, kDockerfile for an unknown user and the like, kStep for a
  // command that cannot be executed (code() is then the errno of execve(2), see
  // command_exit_code()).
  RunningStep run(const SandboxSpec& spec, StepFds fds) const;

 private:
  struct Told {
    std::mutex mutex;
    std::set<std::string> notes;
  };

  Launcher(sys::Process process, sys::Fd control)
      : process_(std::move(process)), control_(std::move(control)) {}
  std::vector<std::string> untold(std::vector<std::string> notes) const;

  sys::Process process_;
  sys::Fd control_;
  std::unique_ptr<Told> told_ = std::make_unique<Told>();
};

// The exit code of a shell: 127 for a command that does not exist, 126 for one that cannot be
// executed.
int command_exit_code(const Error& error);

}  // namespace cairn::sandbox
