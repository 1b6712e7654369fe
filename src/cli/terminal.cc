// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "base/error.h"

namespace cairn::cli {
namespace {

void copy_size(const sys::Fd& master) {
  winsize size{};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) ::ioctl(master.get(), TIOCSWINSZ, &size);
}

// One read's worth; false at the end. EIO is how a master says that no slave is open any more.
bool pass_some(int from, int to, std::vector<std::byte>& buffer) {
  ssize_t count = sys::retry_eintr([&] { return ::read(from, buffer.data(), buffer.size()); });
  if (count <= 0) return false;
  std::span<const std::byte> rest(buffer.data(), static_cast<std::size_t>(count));
  while (!rest.empty()) {
    ssize_t written = sys::retry_eintr([&] { return ::write(to, rest.data(), rest.size()); });
    if (written < 0) return false;
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

RawTerminal::RawTerminal() {
  if (::tcgetattr(STDIN_FILENO, &saved_) < 0) return;
  termios raw = saved_;
  ::cfmakeraw(&raw);
  active_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

RawTerminal::~RawTerminal() {
  if (active_) ::tcsetattr(STDIN_FILENO, TCSANOW, &saved_);
}

PseudoTerminal open_pseudo_terminal() {
  sys::Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!master || ::grantpt(master.get()) < 0 || ::unlockpt(master.get()) < 0) {
    throw Error::from_errno(errno, "open a pseudo-terminal");
  }
  std::array<char, 64> name{};
  if (::ptsname_r(master.get(), name.data(), name.size()) != 0) {
    throw Error::from_errno(errno, "name the pseudo-terminal");
  }
  sys::Fd slave = sys::open_path(name.data(), O_RDWR | O_NOCTTY);
  copy_size(master);
  return {.master = std::move(master), .slave = std::move(slave)};
}

void relay_terminal(const sys::Fd& master, const sys::Fd& until, bool with_input) {
  std::vector<std::byte> buffer(16 * 1024);
  std::array<pollfd, 3> events = {{{master.get(), POLLIN, 0},
                                   {until.get(), POLLIN, 0},
                                   {with_input ? STDIN_FILENO : -1, POLLIN, 0}}};
  while (true) {
    if (sys::retry_eintr([&] { return ::poll(events.data(), events.size(), 1000); }) < 0) {
      throw Error::from_errno(errno, "poll");
    }
    copy_size(master);  // follows our window without a signal handler
    if (events[0].revents != 0) {
      if (!pass_some(master.get(), STDOUT_FILENO, buffer)) return;
      continue;  // all output first, then look for the end
    }
    if (events[2].revents != 0 && !pass_some(STDIN_FILENO, master.get(), buffer)) events[2].fd = -1;
    if (events[1].revents != 0) return;
  }
}

}  // namespace cairn::cli
