// SPDX-License-Identifier: Apache-2.0
//
// Drawing progress on stderr the way BuildKit does (FEATURES G): `plain` appends lines, `tty`
// redraws one block, `quiet` shows nothing. All keep the tail of every step's log, for the message
// that follows a failure.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/sys/fd.h"
#include "progress/sink.h"

namespace cairn::cli {

enum class ProgressMode { kAuto, kPlain, kTty, kQuiet };
ProgressMode parse_progress_mode(const std::string& text);  // kUsage

// The lines of one log: bytes come in, whole lines come out.
class LineBuffer {
 public:
  std::vector<std::string> feed(std::string_view bytes);
  std::string take_rest();  // an unfinished last line, or ""

 private:
  std::string rest_;
};

struct FailedStep {
  std::string name;
  std::vector<std::string> last_lines;
};

class Display : public progress::Sink {
 public:
  void send(progress::Event event) final;
  // From now on steps may run, and the display may have a thread. `title` says what builds them:
  // "cairn I2 S0 N0"; "" for what is no build. A build that runs nothing never gets here.
  virtual void begin(const std::string& /*title*/) {}
  // Draws what is left; nothing is drawn afterwards.
  virtual void finish() {}
  // Whether it shows anything at all.
  virtual bool is_quiet() const { return false; }
  std::optional<FailedStep> failed_step() const;

 protected:
  virtual void draw(const progress::Event& event) = 0;  // called under the lock
  mutable std::mutex mutex_;

 private:
  struct Tail {
    std::string name;
    LineBuffer buffer;
    std::deque<std::string> lines;
  };
  void remember(const progress::Event& event);

  std::map<progress::VertexId, Tail> tails_;
  std::optional<progress::VertexId> failed_;
};

std::unique_ptr<Display> make_display(ProgressMode mode);

}  // namespace cairn::cli
