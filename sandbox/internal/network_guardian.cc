// SPDX-License-Identifier: Apache-2.0
//
// In order: the network namespace, made here or received from the step; a path to it, and a
// resolver that the helper can use, in our own mounts; the helper; then one loop until the channel
// closes, the helper ends or a step has left sockets. As pid 1 the guardian need not clean up: the
// kernel kills everything below it.
#include "sandbox/internal/network_guardian.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/file.h"
#include "base/sys/mount.h"
#include "base/sys/process.h"
#include "base/text.h"
#include "sandbox/internal/message.h"
#include "sandbox/internal/network_messages.h"
#include "sandbox/internal/network_namespace.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;

constexpr const char* kPlace = "/sys";  // covered in our mount namespace; no helper reads it
constexpr const char* kBoundNetwork = "/sys/network";
constexpr int kHelperMilliseconds = 2000;  // time for a helper to become ready
constexpr int kReadyFd = 3;                // its number in the helper

// A helper opens the namespace by path. A path below /proc would need the right to look into
// another process; this one does not.
void bind_network(const Fd& ns) {
  sys::mount_at("cairn", kPlace, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755,size=64k");
  sys::open_path(kBoundNetwork, O_CREAT | O_EXCL | O_WRONLY, 0444);
  sys::mount_at(fmt::format("/proc/self/fd/{}", ns.get()), kBoundNetwork, "", MS_BIND);
}

// Helpers forward to the first IPv4 resolver in /etc/resolv.conf. If a host's only one is ::1, or
// if it names none, there is one on its loopback (resolver(3)).
void show_resolver() {
  std::string text = sys::find_file("/etc/resolv.conf", 1 << 20).value_or("");
  for (const std::string& line : split(text, '\n')) {
    std::string_view rest = trim(line);
    if (rest.starts_with("nameserver") && trim(rest.substr(10)) != "::1") return;
  }
  if (!sys::exists("/etc/resolv.conf")) return;
  std::string path = std::string(kPlace) + "/resolv.conf";
  sys::write_all(sys::open_path(path, O_CREAT | O_EXCL | O_WRONLY, 0444), "nameserver 127.0.0.1\n");
  sys::mount_at(path, "/etc/resolv.conf", "", MS_BIND);
}

struct Helper {
  pid_t pid = 0;
  Fd ready;   // end of file, or a byte, says ready
  Fd errors;  // its standard error
};

[[noreturn]] void become_helper(const std::vector<std::string>& command, const Fd& ready,
                                const Fd& errors) {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(errors.get(), STDERR_FILENO);
  // Through a high number, since dup2(2) of a descriptor to itself would leave it close-on-exec.
  int high = ::fcntl(ready.get(), F_DUPFD_CLOEXEC, 16);
  ::dup2(high, kReadyFd);
  ::close_range(kReadyFd + 1, ~0u, 0);
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

Helper start_helper(const HelperProgram& program) {
  std::vector<std::string> command = helper_command(program, kBoundNetwork, kReadyFd);
  sys::Pipe ready = sys::make_pipe(), errors = sys::make_pipe();
  pid_t pid = ::fork();
  if (pid < 0) throw Error::from_errno(errno, "fork");
  if (pid == 0) become_helper(command, ready.write_end, errors.write_end);
  return {.pid = pid, .ready = std::move(ready.read_end), .errors = std::move(errors.read_end)};
}

// The last line of its output. pasta of 2023 also complains about each line that syslog refuses.
std::string last_words(const Fd& errors) {
  ::fcntl(errors.get(), F_SETFL, O_NONBLOCK);
  char buffer[8192];
  ssize_t count = ::read(errors.get(), buffer, sizeof buffer);
  std::string words;
  for (const std::string& line : split(
           std::string_view(buffer, static_cast<std::size_t>(std::max<ssize_t>(count, 0))), '\n')) {
    if (!trim(line).empty() && !line.starts_with("Failed to send ")) words = trim(line);
  }
  return words.substr(0, 300);
}

Error helper_failed(const HelperProgram& program, const Helper& helper, std::string_view how) {
  std::string words = last_words(helper.errors);
  return Error::of(ErrorKind::kHost, "{} {}{}{}", name(program.kind), how,
                   words.empty() ? "" : ": ", words);
}

// slirp4netns writes a byte. pasta goes to the background: the process we started exits with 0, and
// the one it left is our child, like all orphans in this pid namespace.
void wait_until_ready(const HelperProgram& program, const Helper& helper) {
  pollfd event{.fd = helper.ready.get(), .events = POLLIN, .revents = 0};
  bool goes_to_background = program.kind == NetworkHelper::kPasta;
  Fd pidfd = sys::open_pidfd(helper.pid);
  if (goes_to_background) event.fd = pidfd.get();
  int count = sys::retry_eintr([&] { return ::poll(&event, 1, kHelperMilliseconds); });
  if (count == 0) throw helper_failed(program, helper, "was not ready within 2 seconds");
  if (!goes_to_background) {
    std::byte byte{};
    if (sys::read_some(helper.ready, std::span(&byte, 1)) == 1) return;
  }
  int status = 0;
  ::waitpid(helper.pid, &status, 0);
  sys::ExitStatus end = sys::decode_wait_status(status);
  if (goes_to_background && end.ok()) return;
  throw helper_failed(program, helper, fmt::format("failed (exit status {})", end.shell_code()));
}

// Without any child left, the helper has ended.
bool helper_is_gone(const Fd& signals) {
  signalfd_siginfo info;
  sys::read_some(signals, std::as_writable_bytes(std::span(&info, 1)));
  while (true) {
    pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
    if (pid < 0) return true;
    if (pid == 0) return false;
  }
}

Fd watch_children() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  Fd signals(::signalfd(-1, &set, SFD_CLOEXEC));
  if (!signals) throw Error::from_errno(errno, "signalfd");
  return signals;
}

// Runs until one side ends. Output of the helper is thrown away: a full pipe would block it.
// `sockets` is how many the network had before any step.
void keep(const Fd& channel, Helper& helper, const std::optional<NetworkNamespace>& network,
          std::uint64_t sockets) {
  Fd signals = watch_children();
  while (true) {
    pollfd events[] = {
        {channel.get(), POLLIN, 0}, {signals.get(), POLLIN, 0}, {helper.errors.get(), POLLIN, 0}};
    if (sys::retry_eintr([&] { return ::poll(events, 3, -1); }) < 0) return;
    if (events[1].revents != 0 && helper_is_gone(signals)) return;
    if (events[2].revents != 0) {
      std::byte buffer[4096];
      if (sys::read_some(helper.errors, buffer) == 0) helper.errors.reset();
    }
    if (events[0].revents == 0) continue;
    // The builder asks after each step; more sockets than at first mean the network is not clean.
    if (!receive_message(channel) || !network || count_sockets(*network) != sockets) return;
    send_message(channel, kNetworkClean, {});
  }
}

// Returns when the network is no longer wanted, or is lost.
void make_and_keep(const Fd& channel, const HelperProgram& program, bool of_step,
                   std::uint32_t last_gid) {
  std::optional<NetworkNamespace> made;
  Fd given;
  if (of_step) {
    std::optional<Message> message = receive_message(channel);
    if (!message || message->fds.size() != 1) return;  // there will be no step
    given = std::move(message->fds[0]);
  } else {
    made = make_network_namespace(last_gid);
  }
  std::uint64_t sockets = made ? count_sockets(*made) : 0;
  bind_network(made ? made->ns : given);
  show_resolver();
  Helper helper = start_helper(program);
  wait_until_ready(program, helper);
  if (made) {
    send_message(channel, kNetworkReady, {made->ns.get()});
  } else {
    send_message(channel, kNetworkReady, {});
  }
  keep(channel, helper, made, sockets);
}

}  // namespace

void run_network_guardian(Fd channel, const HelperProgram& program, bool of_step,
                          std::uint32_t last_gid) {
  if (std::optional<Error> failure =
          last_failure_of([&] { make_and_keep(channel, program, of_step, last_gid); })) {
    std::string text = failure->message();
    if (!failure->hint().empty()) text += " (" + failure->hint() + ")";
    // Perhaps nobody waits for us any more.
    best_effort([&] { send_message(channel, text.substr(0, kMaxMessage), {}); });
  }
  ::_exit(0);  // the kernel kills what we started
}

}  // namespace cairn::sandbox
