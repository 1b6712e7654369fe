// SPDX-License-Identifier: Apache-2.0
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
#include "base/text.h"

namespace cairn::sys {

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
  send(SIGKILL);
  int status = 0;
  retry_eintr([&] { return ::waitpid(pid_, &status, 0); });
  pid_ = 0;
}

void Process::send(int signal) const {
  if (pidfd_) {
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
  } else if (pid_ > 0) {
    ::kill(pid_, signal);  // not yet reaped by us, so the number is still ours
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

CommandResult run_command(const std::vector<std::string>& argv, std::string_view input) {
  Pipe in = make_pipe(), out = make_pipe(), err = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read_end.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_end.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, err.write_end.get(), 2);
  std::vector<char*> args;
  for (const std::string& arg : argv) args.push_back(const_cast<char*>(arg.c_str()));
  args.push_back(nullptr);
  pid_t pid = 0;
  int code = ::posix_spawnp(&pid, args[0], &actions, nullptr, args.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) throw Error::from_errno(code, "run {}", argv[0]);
  Process child(pid, Fd());
  // A write must not wait for a child that waits for us to read.
  if (::fcntl(in.write_end.get(), F_SETFL, O_NONBLOCK) < 0) throw Error::from_errno(errno, "fcntl");
  in.read_end.reset();
  out.write_end.reset();
  err.write_end.reset();

  CommandResult result;
  std::string_view rest = input;
  if (rest.empty()) in.write_end.reset();
  while (out.read_end || err.read_end || in.write_end) {
    pollfd fds[3] = {{out.read_end.get(), POLLIN, 0},
                     {err.read_end.get(), POLLIN, 0},
                     {in.write_end.get(), POLLOUT, 0}};
    if (retry_eintr([&] { return ::poll(fds, 3, -1); }) < 0) throw Error::from_errno(errno, "poll");
    auto drain = [](pollfd& event, Fd& fd, std::string& text) {
      if (event.revents == 0) return;
      char buffer[4096];
      std::size_t count = read_some(fd, std::as_writable_bytes(std::span(buffer)));
      text.append(buffer, count);
      if (count == 0) fd.reset();
    };
    drain(fds[0], out.read_end, result.output);
    drain(fds[1], err.read_end, result.errors);
    if (fds[2].revents != 0) {
      ssize_t count = ::write(in.write_end.get(), rest.data(), rest.size());
      if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
      // EPIPE is the child's own choice not to read.
      if ((count < 0 && errno != EAGAIN) || rest.empty()) in.write_end.reset();
    }
  }
  result.status = child.wait();
  return result;
}

std::optional<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return ::access(name.c_str(), X_OK) == 0 ? std::optional(name) : std::nullopt;
  }
  const char* path = ::getenv("PATH");
  for (const std::string& dir :
       split(path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin", ':')) {
    std::string candidate = (dir.empty() ? "." : dir) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

}  // namespace cairn::sys
