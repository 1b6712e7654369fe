// SPDX-License-Identifier: Apache-2.0
//
// Progress of a command, as the user asked for it: `plain` appends lines, `tty` redraws one block,
// `quiet` shows nothing. Events pass
//
//   LegibleSink -> TeeSink -> FailureTail
//                          -> Display
//
// A sink that wants events as they were sent, a recorder for example, comes before LegibleSink.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/display/display.h"
#include "cli/display/failure_tail.h"
#include "cli/display/legible_sink.h"
#include "progress/tee_sink.h"

namespace cairn::cli {

enum class ProgressMode { kAuto, kPlain, kTty, kQuiet };
ProgressMode parse_progress_mode(const std::string& text);  // kUsage

// send() may be called from any thread, the rest by the thread that owns this.
class ProgressOutput final : public progress::Sink {
 public:
  // Logs of failed steps that are too long to show are kept in `logs`; without a place they are
  // dropped.
  explicit ProgressOutput(ProgressMode mode, LogPlace logs = {});

  void send(progress::Event event) override { legible_.send(std::move(event)); }
  // See Display.
  void begin(const std::string& title) { display_->begin(title); }
  void finish() { display_->finish(); }
  bool is_quiet() const { return display_->is_quiet(); }
  // The first step that failed, with the end of its log: ten lines if the display has shown all of
  // it, and about a terminal's scrollback otherwise. Lines that were shown are not left out.
  std::optional<FailedStep> failed_step() const;

 private:
  std::unique_ptr<Display> display_;
  FailureTail tail_;
  progress::TeeSink tee_;
  LegibleSink legible_;
};

}  // namespace cairn::cli
