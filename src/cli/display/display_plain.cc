// SPDX-License-Identifier: Apache-2.0
//
// Lines are only ever appended. A vertex gets a number when it is first shown; its header is
// printed when the output switches to it, and an unfinished vertex is left with "#5 ...". The
// output stays with one vertex until it ends, is silent for five seconds, or another has waited for
// ten. The rules and numbers are those of BuildKit's plain printer.
#include "cli/display/display_plain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "cli/display/line_buffer.h"
#include "cli/display/status_text.h"
#include "cli/standard_error.h"

namespace cairn::cli {
namespace {

// In seconds, but for kStatusShare.
constexpr double kAntiFlicker = 5;     // silence after which another vertex may take over
constexpr double kMaxDelay = 10;       // a vertex waits at most this long
constexpr double kStatusShare = 0.05;  // of a transfer, between two lines about it
constexpr double kStatusDelay = 5;     // or this long
constexpr double kTitleDelay = 0.2;    // the first lines wait this long for the title

class PlainDisplay final : public Display {
 public:
  void begin(const std::string& title) override {
    std::lock_guard lock(mutex_);
    title_ = title;
    waits_for_title_ = false;
    flush();
  }

  void finish() override {
    std::lock_guard lock(mutex_);
    for (progress::VertexId id : waiting(Which::kAll)) show(id);
    waits_for_title_ = false;
    flush();
  }

  Seen log_seen() const override { return Seen::kAll; }

  void send(progress::Event event) override {
    std::lock_guard lock(mutex_);
    std::visit([this](const auto& one) { take(one); }, event);
    flush();
  }

 private:
  struct LastStatus {
    std::int64_t current = 0;
    Timestamp time;
  };
  struct Vertex {
    int index = 0;
    std::string name;
    Timestamp started;
    bool done = false;
    std::vector<std::string> pending;  // lines not shown yet, without "#N "
    std::size_t pending_bytes = 0;
    double waiting_since = 0;
    std::map<std::string, LastStatus> statuses;
  };

  void take(const progress::VertexStarted& started) {
    Vertex& vertex = vertices_[started.id];
    vertex.name = started.name;
    vertex.started = started.time;
    if (!current_) show(started.id);
  }

  void take(const progress::LogBytes& log) {
    Vertex& vertex = vertices_[log.vertex];
    std::string prefix = stamp(vertex, log.time) + " ";
    each_line(log.data,
              [&](std::string_view line) { add(vertex, std::string(prefix).append(line)); });
    offer(log.vertex);
  }

  void take(const progress::Transfer& transfer) { show_status(transfer.vertex, line_of(transfer)); }

  void take(const progress::Status& status) { show_status(status.vertex, line_of(status)); }

  void show_status(progress::VertexId id, const StatusLine& status) {
    Vertex& vertex = vertices_[id];
    auto [last, first] = vertex.statuses.try_emplace(status.name);
    if (!first && !status.completed) {
      double share = status.total > 0 ? static_cast<double>(status.current - last->second.current) /
                                            static_cast<double>(status.total)
                                      : 0;
      if (share < kStatusShare && seconds_between(last->second.time, status.time) < kStatusDelay) {
        return;
      }
    }
    last->second = {.current = status.current, .time = status.time};
    add(vertex, status.name + describe(status));
    offer(id);
  }

  void take(const progress::LayerMade&) {}  // not shown

  void take(const progress::VertexCompleted& end) {
    Vertex& vertex = vertices_[end.vertex];
    switch (end.outcome) {
      case progress::Outcome::kOk:
        add(vertex, fmt::format("DONE {:.1f}s", seconds_between(vertex.started, end.time)));
        break;
      case progress::Outcome::kCached: add(vertex, "CACHED"); break;
      case progress::Outcome::kCancelled: add(vertex, "CANCELED"); break;
      case progress::Outcome::kFailed: add(vertex, "ERROR: " + end.error->message()); break;
    }
    vertex.done = true;
    if (current_ == end.vertex || !current_) {
      show(end.vertex);
      show_next();
    } else {
      offer(end.vertex);
    }
  }

  void take(const progress::Warning& warning) {
    if (warning.vertex) {
      add(vertices_[*warning.vertex], "WARN: " + warning.message);
      offer(*warning.vertex);
    } else {
      out_ += "WARN: " + warning.message + "\n";
    }
  }

  void add(Vertex& vertex, std::string line) {
    if (vertex.pending.empty()) vertex.waiting_since = monotonic_seconds();
    vertex.pending_bytes += line.size();
    vertex.pending.push_back(std::move(line));
  }

  // Shows a vertex now if it is the current one or may become it.
  void offer(progress::VertexId id) {
    double time = monotonic_seconds();
    bool silent = time - last_shown_ > kAntiFlicker;
    bool overdue = time - vertices_[id].waiting_since > kMaxDelay ||
                   vertices_[id].pending_bytes > limits::kWaitingLog;
    if (!current_ || current_ == id || silent || overdue) show(id);
  }

  enum class Which { kAll, kEnded };
  // Vertices with lines to show. A copy, since show() erases ended ones.
  std::vector<progress::VertexId> waiting(Which which) const {
    std::vector<progress::VertexId> ids;
    for (const auto& [id, vertex] : vertices_) {
      if (!vertex.pending.empty() && (vertex.done || which == Which::kAll)) ids.push_back(id);
    }
    return ids;
  }

  // After an end: first everything that ended meanwhile, then the vertex that waits longest.
  void show_next() {
    for (progress::VertexId id : waiting(Which::kEnded)) show(id);
    std::vector<progress::VertexId> rest = waiting(Which::kAll);
    if (rest.empty()) {
      for (const auto& entry : vertices_) rest.push_back(entry.first);
    }
    auto longest = std::min_element(rest.begin(), rest.end(), [this](auto a, auto b) {
      return vertices_[a].waiting_since < vertices_[b].waiting_since;
    });
    if (longest != rest.end()) show(*longest);
  }

  void show(progress::VertexId id) {
    Vertex& vertex = vertices_[id];
    if (vertex.index == 0) vertex.index = ++last_index_;
    if (current_ != id) {
      if (current_) out_ += fmt::format("#{} ...\n", vertices_[*current_].index);
      if (!first_) out_ += "\n";
      first_ = false;
      out_ += fmt::format("#{} {}\n", vertex.index, vertex.name);
      current_ = id;
    }
    for (const std::string& line : vertex.pending) {
      out_ += fmt::format("#{} {}\n", vertex.index, line);
    }
    vertex.pending.clear();
    vertex.pending_bytes = 0;
    last_shown_ = monotonic_seconds();
    if (vertex.done) {
      current_.reset();
      vertices_.erase(id);
    }
  }

  static std::string stamp(const Vertex& vertex, Timestamp time) {
    double seconds = seconds_between(vertex.started, time);
    return fmt::format("{:.{}f}", seconds, seconds < 10 ? 3 : seconds < 100 ? 2 : 1);
  }

  // The title is the first line, so earlier output waits for it, but only a moment.
  void flush() {
    if (out_.empty()) return;
    if (waits_for_title_ && monotonic_seconds() - made_ < kTitleDelay) return;
    if (!titled_ && !title_.empty()) {
      out_.insert(0, fmt::format("#0 building with {}\n\n", title_));
    }
    titled_ = true;
    write_to_stderr(std::exchange(out_, {}));
  }

  std::mutex mutex_;
  std::string title_ = "cairn";
  bool titled_ = false;
  bool waits_for_title_ = true;
  double made_ = monotonic_seconds();
  std::string out_;
  bool first_ = true;
  int last_index_ = 0;
  double last_shown_ = 0;
  std::optional<progress::VertexId> current_;
  std::map<progress::VertexId, Vertex> vertices_;
};

}  // namespace

std::unique_ptr<Display> make_plain_display() {
  return std::make_unique<PlainDisplay>();
}

}  // namespace cairn::cli
