// SPDX-License-Identifier: Apache-2.0
//
// A display that has shown a whole log needs only a short tail of it next to the error, and no
// file. The others have shown its last lines at most.
#include "cli/display/progress_output.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/limits.h"
#include "cli/display/display_plain.h"
#include "cli/display/display_tty.h"

namespace cairn::cli {
namespace {

constexpr std::size_t kTailLines = 10;  // of a log that is on the screen already

class QuietDisplay final : public Display {
 public:
  bool is_quiet() const override { return true; }
  void send(progress::Event) override {}
};

// "dumb" terminals have no cursor movement.
bool can_redraw() {
  const char* term = ::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

// Whether colours of a step's log are kept: if stderr is a terminal with colours (NO_COLOR, TERM).
Colors log_colors() {
  return can_redraw() && ::getenv("NO_COLOR") == nullptr ? Colors::kKeep : Colors::kDrop;
}

std::unique_ptr<Display> make_display(ProgressMode mode) {
  if (mode == ProgressMode::kAuto) mode = can_redraw() ? ProgressMode::kTty : ProgressMode::kPlain;
  switch (mode) {
    case ProgressMode::kTty: return make_tty_display();
    case ProgressMode::kQuiet: return std::make_unique<QuietDisplay>();
    default: return make_plain_display();
  }
}

}  // namespace

ProgressMode parse_progress_mode(const std::string& text) {
  if (text.empty() || text == "auto") return ProgressMode::kAuto;
  if (text == "plain") return ProgressMode::kPlain;
  if (text == "tty") return ProgressMode::kTty;
  if (text == "quiet" || text == "none") return ProgressMode::kQuiet;
  throw Error::of(ErrorKind::kUsage, "--progress={}: not one of auto, plain, tty, quiet, none",
                  text);
}

ProgressOutput::ProgressOutput(ProgressMode mode, LogPlace logs)
    : display_(make_display(mode)),
      tail_(display_->log_seen() == Seen::kAll ? kTailLines : limits::kFailedLogLines,
            display_->log_seen() == Seen::kAll ? LogPlace() : std::move(logs)),
      tee_({&tail_, display_.get()}),
      legible_(tee_, log_colors()) {}

std::optional<FailedStep> ProgressOutput::failed_step() const {
  std::optional<FailedStep> failed = tail_.failed_step();
  if (failed && display_->log_seen() == Seen::kAll) failed->left_out = 0;
  return failed;
}

}  // namespace cairn::cli
