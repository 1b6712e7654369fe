// SPDX-License-Identifier: Apache-2.0
//
// posix_spawn(3) rather than fork(2): the builder has threads and much memory, and between fork and
// exec only async-signal-safe calls would be allowed. The child gets a clean signal state and the
// limit of open files that cairn itself was given.
#include "base/sys/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys/known_state.h"
#include "base/text.h"

namespace cairn::sys {

// WIFSTOPPED cannot occur: nobody waits with WUNTRACED.
ExitStatus decode_wait_status(int status) {
  if (WIFSIGNALED(status)) return {.code = 0, .signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status), .signal = 0};
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), pidfd_(std::move(other.pidfd_)) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, 0);
    pidfd_ = std::move(other.pidfd_);
  }
  return *this;
}

Process::~Process() {
  end();
}

void Process::end() {
  if (pid_ <= 0) return;
  // Reaped here, so that an exception leaves no zombie.
  send(SIGKILL);
  int status = 0;
  retry_eintr([&] { return ::waitpid(pid_, &status, 0); });
  pid_ = 0;
}

void Process::send(int signal) const {
  if (pidfd_) {
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
  } else if (pid_ > 0) {
    ::kill(pid_, signal);  // not reaped yet, so the number cannot have been reused
  }
}

ExitStatus Process::wait(rusage* usage) {
  int status = 0;
  if (retry_eintr([&] { return ::wait4(pid_, &status, 0, usage); }) < 0) {
    throw Error::from_errno(errno, "wait for process {}", pid_);
  }
  pid_ = 0;
  pidfd_.reset();
  return decode_wait_status(status);
}

Fd open_pidfd(pid_t pid) {
  auto fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) throw Error::from_errno(errno, "pidfd_open {}", pid);
  return Fd(fd);
}

ChildProcess spawn(const std::vector<std::string>& argv) {
  Pipe in = make_pipe(), out = make_pipe(), err = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // dup2(2) clears close-on-exec on 0 to 2; all other descriptors close in the child.
  posix_spawn_file_actions_adddup2(&actions, in.read_end.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_end.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, err.write_end.get(), 2);
  // Our main thread blocks the signals that another thread waits for. A new program must get them,
  // and SIGPIPE must end it.
  sigset_t none, pipe;
  sigemptyset(&none);
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &pipe);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> args;
  for (const std::string& arg : argv) args.push_back(const_cast<char*>(arg.c_str()));
  args.push_back(nullptr);
  pid_t pid = 0;
  int code = ::posix_spawnp(&pid, args[0], &actions, &attributes, args.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) throw Error::from_errno(code, "run {}", argv[0]);
  restore_open_files_limit(pid);  // posix_spawn(3) has no attribute for it
  return {.process = Process(pid, Fd()),
          .in = std::move(in.write_end),
          .out = std::move(out.read_end),
          .err = std::move(err.read_end)};
}

CommandResult run_command(const std::vector<std::string>& argv, std::string_view input) {
  ChildProcess child = spawn(argv);
  // Non-blocking: a blocking write could wait for a child that waits for us to read its output.
  if (::fcntl(child.in.get(), F_SETFL, O_NONBLOCK) < 0) throw Error::from_errno(errno, "fcntl");

  CommandResult result;
  std::string_view rest = input;
  if (rest.empty()) child.in.reset();
  // Reads both outputs and writes the input by turns, so that no full pipe can block the other
  // side. A closed Fd is -1, which poll(2) ignores.
  while (child.out || child.err || child.in) {
    pollfd fds[3] = {
        {child.out.get(), POLLIN, 0}, {child.err.get(), POLLIN, 0}, {child.in.get(), POLLOUT, 0}};
    if (retry_eintr([&] { return ::poll(fds, 3, -1); }) < 0) throw Error::from_errno(errno, "poll");
    auto drain = [](pollfd& event, Fd& fd, std::string& text) {
      if (event.revents == 0) return;
      char buffer[4096];
      std::size_t count = read_some(fd, std::as_writable_bytes(std::span(buffer)));
      text.append(buffer, count);
      if (count == 0) fd.reset();
    };
    drain(fds[0], child.out, result.output);
    drain(fds[1], child.err, result.errors);
    if (fds[2].revents != 0) {
      ssize_t count = ::write(child.in.get(), rest.data(), rest.size());
      if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
      // EPIPE: the child does not read its input, which is its own choice.
      if ((count < 0 && errno != EAGAIN) || rest.empty()) child.in.reset();
    }
  }
  result.status = child.process.wait();
  return result;
}

std::string environment_variable(const char* name) {
  const char* value = ::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::optional<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return ::access(name.c_str(), X_OK) == 0 ? std::optional(name) : std::nullopt;
  }
  // An empty entry of PATH is the current directory (execvp(3)).
  const char* path = ::getenv("PATH");
  for (const std::string& dir :
       split(path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin", ':')) {
    std::string candidate = (dir.empty() ? "." : dir) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

}  // namespace cairn::sys
