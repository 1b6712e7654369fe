// SPDX-License-Identifier: Apache-2.0
//
// What draws progress on stderr. Events come through LegibleSink, so a display may print every text
// in them as it is, and LogBytes hold whole lines. One file each: display_plain.h appends lines,
// display_tty.h redraws one block. ProgressOutput chooses.
#pragma once

#include <string>

#include "progress/sink.h"

namespace cairn::cli {

// How much of a step's log has been on the screen before the step fails.
enum class Seen { kAll, kPart };

// send() may be called from any thread, the rest by the thread that owns the display.
class Display : public progress::Sink {
 public:
  // Called when steps may run and the display may start a thread. `title` says what builds them,
  // "cairn I2 S0 N0"; "" if this is no build. A fully cached build never calls it.
  virtual void begin(const std::string& /*title*/) {}
  // Draws the rest; nothing is drawn afterwards.
  virtual void finish() {}
  // Whether it shows nothing at all.
  virtual bool is_quiet() const { return false; }
  virtual Seen log_seen() const { return Seen::kPart; }
};

}  // namespace cairn::cli
