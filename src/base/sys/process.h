// SPDX-License-Identifier: Apache-2.0
//
// Child processes, known by pidfd (Linux 5.3) so that a number that was used again is never hit.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/sys/fd.h"

namespace cairn::sys {

// How a command ended: `code` for an exit, `signal` for a death by signal (then code is 0).
struct ExitStatus {
  int code = 0;
  int signal = 0;

  bool ok() const { return code == 0 && signal == 0; }
  int shell_code() const { return signal != 0 ? 128 + signal : code; }
  bool operator==(const ExitStatus&) const = default;
};

ExitStatus decode_wait_status(int status);

// Owns a child: the destructor kills it and reaps it.
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
  // Blocks, then lets go; tells what the child and its own reaped children used, when asked.
  ExitStatus wait(rusage* usage = nullptr);

 private:
  void end();

  pid_t pid_ = 0;
  Fd pidfd_;
};

Fd open_pidfd(pid_t pid);

// A program of this host that runs, found in PATH, with pipes to it and from it.
struct ChildProcess {
  Process process;
  Fd in;   // its stdin
  Fd out;  // its stdout
  Fd err;
};
ChildProcess spawn(const std::vector<std::string>& argv);

// One that is waited for, as run for newuidmap, git or credential helpers: stdin from `input`, both
// outputs captured.
struct CommandResult {
  ExitStatus status;
  std::string output;
  std::string errors;
};
CommandResult run_command(const std::vector<std::string>& argv, std::string_view input = {});
// The path of a program as PATH finds it; nothing when there is none.
std::optional<std::string> find_program(const std::string& name);

}  // namespace cairn::sys
