// SPDX-License-Identifier: Apache-2.0
//
// Events come from many threads, and one lock orders them. Everything foreign passes here on its
// way to a terminal, so that no display has to think of escape sequences. Logs are split into lines
// first: an escape sequence or a character may be cut by the bytes of two events.
#include "cli/display/display.h"

#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "base/limits.h"
#include "base/logins.h"
#include "cli/display/displays.h"

namespace cairn::cli {
namespace {

constexpr std::size_t kTailLines = 10;

class QuietDisplay final : public Display {
 public:
  QuietDisplay() : Display(Seen::kPart) {}

 private:
  bool is_quiet() const override { return true; }
  void draw(const progress::Event&) override {}
  void draw_log(progress::VertexId, const std::vector<std::string>&, Timestamp) override {}
};

// Makes the texts of an event safe. A step's own output is its own: logins in it stay.
struct MadeLegible {
  void operator()(progress::VertexStarted& started) const { started.name = name(started.name); }
  void operator()(progress::LogBytes&) const {}  // made safe line by line
  void operator()(progress::Status& status) const { status.name = name(status.name); }
  void operator()(progress::VertexCompleted& end) const { end.error = text(end.error); }
  void operator()(progress::Warning& warning) const {
    warning.message = text(warning.message);
    warning.detail = text(warning.detail);
    warning.url = one_line(warning.url);
  }

 private:
  static std::string name(const std::string& foreign) { return one_line(mask_logins(foreign)); }
  static std::string text(const std::string& foreign) { return legible(mask_logins(foreign)); }
};

// "dumb" terminals have no cursor movement.
bool can_redraw() {
  const char* term = ::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
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

Colors log_colors() {
  static const bool kept = can_redraw() && ::getenv("NO_COLOR") == nullptr;
  return kept ? Colors::kKeep : Colors::kDrop;
}

void Display::send(progress::Event event) {
  std::lock_guard lock(mutex_);
  if (auto* log = std::get_if<progress::LogBytes>(&event)) {
    return take_lines(log->vertex, running_[log->vertex].buffer.feed(log->data), log->time);
  }
  std::visit(MadeLegible(), event);
  // The unfinished last line comes before the end of its vertex.
  if (const auto* end = std::get_if<progress::VertexCompleted>(&event)) finish_log(*end);
  remember(event);
  draw(event);
}

void Display::take_lines(progress::VertexId id, std::vector<std::string> lines, Timestamp time) {
  if (lines.empty()) return;
  for (std::string& line : lines) line = log_line(line, colors_);
  draw_log(id, lines, time);
  // A display that has shown everything needs only a short tail, and no file.
  static const LogPlace kNowhere;
  bool is_all = seen_ == Seen::kAll;
  for (std::string& line : lines) {
    running_[id].log.add(std::move(line), is_all ? kTailLines : limits::kFailedLogLines,
                         is_all ? kNowhere : place_);
  }
}

void Display::finish_log(const progress::VertexCompleted& end) {
  auto found = running_.find(end.vertex);
  if (found == running_.end()) return;
  std::string rest = found->second.buffer.take_rest();
  if (!rest.empty()) take_lines(end.vertex, {std::move(rest)}, end.time);
}

// Only the first failure is kept: the error message is about that one.
void Display::remember(const progress::Event& event) {
  if (const auto* started = std::get_if<progress::VertexStarted>(&event)) {
    running_[started->id].name = started->name;
  } else if (const auto* end = std::get_if<progress::VertexCompleted>(&event)) {
    auto found = running_.find(end->vertex);
    if (found == running_.end()) return;
    if (end->outcome == progress::Outcome::kFailed && !failed_) {
      StepLog& log = found->second.log;
      failed_ = FailedStep{.name = found->second.name,
                           .last_lines = {log.last_lines().begin(), log.last_lines().end()},
                           .left_out = seen_ == Seen::kAll ? 0 : log.left_out(),
                           .kept_in = seen_ == Seen::kAll ? "" : log.keep(place_)};
    }
    running_.erase(found);
  }
}

std::optional<FailedStep> Display::failed_step() const {
  std::lock_guard lock(mutex_);
  return failed_;
}

std::unique_ptr<Display> make_display(ProgressMode mode) {
  if (mode == ProgressMode::kAuto) mode = can_redraw() ? ProgressMode::kTty : ProgressMode::kPlain;
  switch (mode) {
    case ProgressMode::kTty: return make_tty_display();
    case ProgressMode::kQuiet: return std::make_unique<QuietDisplay>();
    default: return make_plain_display();
  }
}

}  // namespace cairn::cli
