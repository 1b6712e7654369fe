// SPDX-License-Identifier: Apache-2.0
#include "cli/display.h"

#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "cli/internal/displays.h"

namespace cairn::cli {
namespace {

constexpr std::size_t kTailLines = 10;

class QuietDisplay final : public Display {
  bool is_quiet() const override { return true; }
  void draw(const progress::Event&) override {}
};

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

std::vector<std::string> LineBuffer::feed(std::string_view bytes) {
  std::vector<std::string> lines;
  for (std::size_t end; (end = bytes.find('\n')) != std::string_view::npos;) {
    rest_ += bytes.substr(0, end);
    if (rest_.ends_with('\r')) rest_.pop_back();
    lines.push_back(std::exchange(rest_, {}));
    bytes.remove_prefix(end + 1);
  }
  rest_ += bytes;
  return lines;
}

std::string LineBuffer::take_rest() {
  return std::exchange(rest_, {});
}

void Display::send(progress::Event event) {
  std::lock_guard lock(mutex_);
  remember(event);
  draw(event);
}

void Display::remember(const progress::Event& event) {
  if (const auto* started = std::get_if<progress::VertexStarted>(&event)) {
    tails_[started->id].name = started->name;
  } else if (const auto* log = std::get_if<progress::LogBytes>(&event)) {
    Tail& tail = tails_[log->vertex];
    for (std::string& line : tail.buffer.feed(log->data)) {
      tail.lines.push_back(std::move(line));
      if (tail.lines.size() > kTailLines) tail.lines.pop_front();
    }
  } else if (const auto* end = std::get_if<progress::VertexCompleted>(&event)) {
    if (end->outcome == progress::Outcome::kFailed) {
      if (!failed_) failed_ = end->vertex;
    } else {
      tails_.erase(end->vertex);
    }
  }
}

std::optional<FailedStep> Display::failed_step() const {
  std::lock_guard lock(mutex_);
  if (!failed_) return std::nullopt;
  Tail tail = tails_.at(*failed_);
  if (std::string rest = tail.buffer.take_rest(); !rest.empty()) tail.lines.push_back(rest);
  return FailedStep{.name = tail.name, .last_lines = {tail.lines.begin(), tail.lines.end()}};
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
