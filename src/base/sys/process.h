// SPDX-License-Identifier: Apache-2.0
//
// Child processes, identified by pidfd (Linux 5.3) so that a signal never hits a reused process
// number.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/sys/fd.h"

namespace cairn::sys {

// How a command ended: `code` of its exit, or the `signal` that killed it (then code is 0).
struct ExitStatus {
  int code = 0;
  int signal = 0;

  bool ok() const { return code == 0 && signal == 0; }
  int shell_code() const { return signal != 0 ? 128 + signal : code; }
  bool operator==(const ExitStatus&) const = default;
};

ExitStatus decode_wait_status(int status);

// Owns a child process. The destructor kills and reaps it.
class Process {
 public:
  Process() = default;
  Process(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  pid_t pid() const { return pid_; }
  const Fd& pidfd() const { return pidfd_; }  // readable when the child has ended
  explicit operator bool() const { return pid_ > 0; }

  void send(int signal) const;  // a child that has ended is no error
  // Waits for the end and releases the child. `usage` gets the resources used by it and the
  // children that it reaped.
  ExitStatus wait(rusage* usage = nullptr);

 private:
  void end();

  pid_t pid_ = 0;
  Fd pidfd_;
};

Fd open_pidfd(pid_t pid);

// A running program of the host, found in PATH, with pipes to its standard streams. Throws kHost
// when it cannot be started.
struct ChildProcess {
  Process process;
  Fd in;   // its stdin
  Fd out;  // its stdout
  Fd err;
};
ChildProcess spawn(const std::vector<std::string>& argv);

// The same, but waits for the end: for newuidmap, git and credential helpers. Writes `input` to
// stdin and captures both outputs. The caller checks `status`.
struct CommandResult {
  ExitStatus status;
  std::string output;
  std::string errors;
};
CommandResult run_command(const std::vector<std::string>& argv, std::string_view input = {});
// A variable of our own environment; "" when it is not set.
std::string environment_variable(const char* name);
// The path of a program as PATH finds it; nullopt when there is none.
std::optional<std::string> find_program(const std::string& name);

}  // namespace cairn::sys
