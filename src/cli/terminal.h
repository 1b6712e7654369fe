// SPDX-License-Identifier: Apache-2.0
//
// A pseudo-terminal for `run -t`: the command gets the slave, we pass bytes between the master and
// our own terminal, which is raw meanwhile.
#pragma once

#include <termios.h>

#include "base/sys/fd.h"

namespace cairn::cli {

// Our stdin in raw mode for as long as the object lives; nothing when stdin is no terminal.
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

struct PseudoTerminal {
  sys::Fd master;
  sys::Fd slave;
};
PseudoTerminal open_pseudo_terminal();  // of the size of ours

// Passes bytes both ways until the other side of `master` is closed. `until` is readable at the end
// of the command.
void relay_terminal(const sys::Fd& master, const sys::Fd& until, bool with_input);

}  // namespace cairn::cli
