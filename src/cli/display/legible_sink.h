// SPDX-License-Identifier: Apache-2.0
//
// The gate for foreign text on its way to a person: what a step, a server or a Dockerfile wrote
// becomes safe for a terminal here, once for all sinks behind it. Names and warnings become
// one_line() or legible() and lose logins in URLs; log lines become log_line().
#pragma once

#include <map>
#include <mutex>

#include "base/foreign_text.h"
#include "cli/display/line_buffer.h"
#include "progress/sink.h"

namespace cairn::cli {

// Passes events on under a lock, so the sink behind it gets them one at a time and in one order.
// LogBytes then hold whole lines, each ended by "\n"; an unfinished last line comes just before the
// end of its vertex. Borrows the sink.
class LegibleSink final : public progress::Sink {
 public:
  LegibleSink(progress::Sink& to, Colors log_colors) : to_(to), log_colors_(log_colors) {}
  void send(progress::Event event) override;

 private:
  struct Unfinished {
    LineBuffer buffer;
    progress::Stream stream = progress::Stream::kStdout;
  };
  void send_lines(progress::LogBytes log);
  void send_rest(const progress::VertexCompleted& end);

  progress::Sink& to_;
  const Colors log_colors_;
  std::mutex mutex_;
  std::map<progress::VertexId, Unfinished> logs_;  // of running vertices that wrote something
};

}  // namespace cairn::cli
