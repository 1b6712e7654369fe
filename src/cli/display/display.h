// SPDX-License-Identifier: Apache-2.0
//
// Draws progress on stderr as BuildKit does: `plain` appends lines, `tty` redraws one block,
// `quiet` shows nothing. All keep the end of each step's log for the message after a failure: ten
// lines in `plain`, which has shown the log already, and about a terminal's scrollback in the
// others.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/foreign_text.h"
#include "cli/display/step_log.h"
#include "progress/sink.h"

namespace cairn::cli {

enum class ProgressMode { kAuto, kPlain, kTty, kQuiet };
ProgressMode parse_progress_mode(const std::string& text);  // kUsage

struct FailedStep {
  std::string name;
  std::vector<std::string> last_lines;
  std::size_t left_out = 0;  // earlier lines that were never shown
  std::string kept_in = {};  // file with the whole log, or ""
};

// Whether colours of a step's log are kept: if stderr is a terminal with colours (NO_COLOR, TERM).
Colors log_colors();

// How much of a step's log the display has shown before the step fails.
enum class Seen { kAll, kPart };

// Text from a step, a server or a Dockerfile is made safe for a terminal here, once for all
// displays: names, statuses and warnings become one_line() and lose logins in URLs; log lines
// become log_line(). send() may be called from any thread.
class Display : public progress::Sink {
 public:
  explicit Display(Seen seen) : seen_(seen) {}
  void send(progress::Event event) final;
  // Where to keep logs of failed steps that are too long to show. Without a place they are dropped.
  void keep_logs_in(LogPlace place) { place_ = std::move(place); }
  // Called when steps may run and the display may start a thread. `title` says what builds them,
  // "cairn I2 S0 N0"; "" if this is no build. A fully cached build never calls it.
  virtual void begin(const std::string& /*title*/) {}
  // Draws the rest; nothing is drawn afterwards.
  virtual void finish() {}
  // Whether it shows anything at all.
  virtual bool is_quiet() const { return false; }
  std::optional<FailedStep> failed_step() const;

 protected:
  // Both are called under the lock. draw() gets no LogBytes: their lines go to draw_log(), an
  // unfinished last line just before the vertex completes.
  virtual void draw(const progress::Event& event) = 0;
  virtual void draw_log(progress::VertexId vertex, const std::vector<std::string>& lines,
                        Timestamp time) = 0;
  mutable std::mutex mutex_;

 private:
  struct Vertex {
    std::string name;
    LineBuffer buffer;
    StepLog log;
  };
  void take_lines(progress::VertexId id, std::vector<std::string> lines, Timestamp time);
  void remember(const progress::Event& event);
  void finish_log(const progress::VertexCompleted& end);

  const Seen seen_;
  const Colors colors_ = log_colors();
  LogPlace place_;
  std::map<progress::VertexId, Vertex> running_;
  std::optional<FailedStep> failed_;  // the first that failed
};

std::unique_ptr<Display> make_display(ProgressMode mode);

}  // namespace cairn::cli
