// SPDX-License-Identifier: Apache-2.0
//
// Terminals: their size, raw mode, and pseudo-terminals. See ioctl_tty(2), termios(3) and pty(7).
#pragma once

#include <termios.h>

#include <optional>

#include "base/sys/fd.h"

namespace cairn::sys {

struct TerminalSize {
  unsigned short rows = 0;
  unsigned short columns = 0;
};
// nullopt when `fd` is no terminal, or one that does not know its size.
std::optional<TerminalSize> terminal_size(int fd);
void set_terminal_size(const Fd& terminal, TerminalSize size);

// Sets our stdin to raw mode for the life of the object. Does nothing when stdin is no terminal.
class RawTerminal {
 public:
  RawTerminal();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  bool active_ = false;
  termios saved_{};
};

// `master` is our end; a step gets `slave` as its terminal. Throws kHost.
struct PseudoTerminal {
  Fd master;
  Fd slave;
};
PseudoTerminal open_pseudo_terminal();

}  // namespace cairn::sys
