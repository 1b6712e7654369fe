// SPDX-License-Identifier: Apache-2.0
//
// Keeps the end of each running step's log, for the message after a failure. Stands behind
// LegibleSink: LogBytes hold whole lines.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/display/step_log.h"
#include "progress/sink.h"

namespace cairn::cli {

struct FailedStep {
  std::string name;
  std::vector<std::string> last_lines;
  std::size_t left_out = 0;  // earlier lines
  std::string kept_in = {};  // file with the whole log, or ""
};

// Safe from any thread.
class FailureTail final : public progress::Sink {
 public:
  // Keeps up to `lines` lines of each step, and at a failure the whole log in `place` if there were
  // more; without a root in `place` they are only counted.
  explicit FailureTail(std::size_t lines, LogPlace place = {})
      : lines_(lines), place_(std::move(place)) {}

  void send(progress::Event event) override;
  // The first step that failed: the error message is about that one.
  std::optional<FailedStep> failed_step() const;

 private:
  struct Vertex {
    std::string name;
    StepLog log;
  };
  void take(const progress::VertexStarted& started);
  void take(const progress::LogBytes& log);
  void take(const progress::VertexCompleted& end);
  template <typename Other>
  void take(const Other&) {}

  const std::size_t lines_;
  const LogPlace place_;
  mutable std::mutex mutex_;
  std::map<progress::VertexId, Vertex> running_;
  std::optional<FailedStep> failed_;
};

}  // namespace cairn::cli
