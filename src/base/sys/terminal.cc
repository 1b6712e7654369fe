// SPDX-License-Identifier: Apache-2.0
//
// Raw mode and sizes by ioctl_tty(2), pseudo-terminals by the functions of pty(7). O_NOCTTY
// everywhere: a terminal that a step gets must not become the controlling terminal of the builder.
#include "base/sys/terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>

#include "base/error.h"

namespace cairn::sys {

std::optional<TerminalSize> terminal_size(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) return std::nullopt;
  return TerminalSize{.rows = size.ws_row, .columns = size.ws_col};
}

void set_terminal_size(const Fd& terminal, TerminalSize size) {
  winsize wanted{.ws_row = size.rows, .ws_col = size.columns, .ws_xpixel = 0, .ws_ypixel = 0};
  if (::ioctl(terminal.get(), TIOCSWINSZ, &wanted) < 0) {
    throw Error::from_errno(errno, "set the size of a terminal");
  }
}

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
  Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!master || ::grantpt(master.get()) < 0 || ::unlockpt(master.get()) < 0) {
    throw Error::from_errno(errno, "open a pseudo-terminal");
  }
  // ptsname_r(3), since ptsname(3) is not safe with threads.
  std::array<char, 64> name{};
  if (::ptsname_r(master.get(), name.data(), name.size()) != 0) {
    throw Error::from_errno(errno, "name the pseudo-terminal");
  }
  Fd slave = open_path(name.data(), O_RDWR | O_NOCTTY);
  return {.master = std::move(master), .slave = std::move(slave)};
}

}  // namespace cairn::sys
