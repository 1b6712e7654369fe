// SPDX-License-Identifier: Apache-2.0
//
// One block at the bottom of a terminal, redrawn a few times a second: a line for each vertex with
// its time at the right edge, its statuses below, and the last lines of a running command. Finished
// lines that no longer fit scroll out at the top, the oldest first. Redrawing moves up by the lines
// drawn last, so no line may wrap.
#include "cli/display/display_tty.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/foreign_text.h"
#include "base/sys/terminal.h"
#include "base/text.h"
#include "cli/display/line_buffer.h"
#include "cli/display/status_text.h"
#include "cli/standard_error.h"

namespace cairn::cli {
namespace {

constexpr std::size_t kLogLines = 6;
constexpr std::chrono::milliseconds kTick(150);

const char* color_of(progress::Outcome outcome) {
  static const bool plain = ::getenv("NO_COLOR") != nullptr;
  if (plain) return "";
  switch (outcome) {
    case progress::Outcome::kFailed: return "\x1b[31m";
    case progress::Outcome::kCancelled: return "\x1b[33m";
    default: return "\x1b[34m";
  }
}

class TtyDisplay final : public Display {
 public:
  void begin(const std::string& title) override {
    std::lock_guard lock(mutex_);
    title_ = title;
    if (ticker_.joinable() || finished_) return;
    write_to_stderr("\x1b[?25l");  // hide the cursor while we redraw
    ticker_ = std::thread([this] { tick(); });
  }

  ~TtyDisplay() override { stop(); }

  void finish() override {
    stop();
    std::lock_guard lock(mutex_);
    if (finished_) return;
    finished_ = true;
    redraw();
    write_to_stderr("\x1b[?25h");
  }

  void send(progress::Event event) override {
    std::lock_guard lock(mutex_);
    std::visit([this](const auto& one) { take(one); }, event);
  }

 private:
  struct Vertex {
    std::string name;
    Timestamp started;
    std::optional<Timestamp> ended;
    progress::Outcome outcome = progress::Outcome::kOk;
    std::vector<StatusLine> statuses;
    std::deque<std::string> log;
  };

  // The ticker must have ended before the last redraw, or it could draw once more.
  void stop() {
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
    if (ticker_.joinable()) ticker_.join();
  }

  // Redraws on a timer and not on events, which may come thousands of times a second.
  void tick() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, kTick, [this] { return closing_; })) redraw();
  }

  void take(const progress::VertexStarted& started) {
    order_.push_back(started.id);
    Vertex& vertex = vertices_[started.id];
    vertex.name = started.name;
    vertex.started = started.time;
  }

  void take(const progress::LogBytes& bytes) {
    std::deque<std::string>& log = vertices_[bytes.vertex].log;
    each_line(bytes.data, [&](std::string_view line) {
      log.emplace_back(line);
      if (log.size() > kLogLines) log.pop_front();
    });
  }

  void take(const progress::Transfer& transfer) { show_status(transfer.vertex, line_of(transfer)); }

  void take(const progress::Status& status) { show_status(status.vertex, line_of(status)); }

  // A status of the same name replaces the earlier one.
  void show_status(progress::VertexId id, StatusLine status) {
    std::vector<StatusLine>& statuses = vertices_[id].statuses;
    auto same = std::ranges::find(statuses, status.name, &StatusLine::name);
    if (same != statuses.end()) {
      *same = std::move(status);
    } else {
      statuses.push_back(std::move(status));
    }
  }

  void take(const progress::LayerMade&) {}  // not shown

  void take(const progress::VertexCompleted& end) {
    Vertex& vertex = vertices_[end.vertex];
    vertex.ended = end.time;
    vertex.outcome = end.outcome;
    vertex.log.clear();
  }

  void take(const progress::Warning& warning) { warnings_.push_back(warning.message); }

  void redraw() {
    sys::TerminalSize size =
        sys::terminal_size(STDERR_FILENO).value_or(sys::TerminalSize{.rows = 25, .columns = 80});
    std::vector<std::string> lines = block(size.columns);
    std::size_t room = std::max<std::size_t>(2, size.rows > 1 ? size.rows - 1u : 1u);
    // The first line, the title, always stays.
    if (lines.size() > room && !finished_) {
      lines.erase(lines.begin() + 1, lines.begin() + 1 + static_cast<long>(lines.size() - room));
    }
    std::string out;
    // Up to the first line of the block; then each line is cleared and written again.
    if (drawn_ > 0) out += fmt::format("\x1b[{}A", drawn_);
    for (const std::string& line : lines) out += "\x1b[2K" + line + "\n";
    out += "\x1b[J";
    drawn_ = lines.size();
    write_to_stderr(out);
  }

  std::vector<std::string> block(std::size_t width) const {
    std::size_t done = 0;
    for (const auto& entry : vertices_) done += entry.second.ended ? 1 : 0;
    bool over = finished_ && done == vertices_.size();
    std::vector<std::string> lines = {
        edge(fmt::format("[+] Building {:.1f}s ({}/{}){}", monotonic_seconds() - begun_, done,
                         vertices_.size(), over ? " FINISHED" : ""),
             title_, width)};
    for (progress::VertexId id : order_) add_vertex(lines, vertices_.at(id), width);
    for (const std::string& warning : warnings_) lines.push_back(clip("WARN: " + warning, width));
    return lines;
  }

  static void add_vertex(std::vector<std::string>& lines, const Vertex& vertex, std::size_t width) {
    std::string label = vertex.name;
    if (vertex.ended && vertex.outcome == progress::Outcome::kCached) label = "CACHED " + label;
    if (vertex.ended && vertex.outcome == progress::Outcome::kFailed) label = "ERROR " + label;
    if (vertex.ended && vertex.outcome == progress::Outcome::kCancelled)
      label = "CANCELED " + label;
    double seconds = std::max(0.0, seconds_between(vertex.started, vertex.ended.value_or(now())));
    std::string line = edge(" => " + label, fmt::format("{:.1f}s", seconds), width);
    const char* color = vertex.ended ? color_of(vertex.outcome) : "";
    lines.push_back(*color != '\0' ? color + line + "\x1b[0m" : line);
    for (const StatusLine& status : vertex.statuses) {
      lines.push_back(clip(" => => " + status.name + describe(status), width));
    }
    for (const std::string& text : vertex.log) lines.push_back(clip(" => => # " + text, width));
  }

  // One column stays free, so that no terminal wraps. Tabs become spaces, as their width varies.
  static std::string clip(std::string text, std::size_t width) {
    std::replace(text.begin(), text.end(), '\t', ' ');
    return clipped(text, width > 0 ? width - 1 : 0);
  }

  // Text on the left, clipped so that the time at the right edge always fits.
  static std::string edge(const std::string& left, const std::string& right, std::size_t width) {
    if (width < right.size() + 2) return clip(left, width);
    std::string out = clip(left, width - right.size() - 1);
    return out + std::string(width - right.size() - columns_of(out) - 1, ' ') + right;
  }

  std::mutex mutex_;
  std::string title_ = "cairn";
  double begun_ = monotonic_seconds();
  bool closing_ = false;
  bool finished_ = false;
  std::size_t drawn_ = 0;
  std::vector<progress::VertexId> order_;
  std::map<progress::VertexId, Vertex> vertices_;
  std::vector<std::string> warnings_;
  std::condition_variable wake_;
  std::thread ticker_;
};

}  // namespace

std::unique_ptr<Display> make_tty_display() {
  return std::make_unique<TtyDisplay>();
}

}  // namespace cairn::cli
