// SPDX-License-Identifier: Apache-2.0
//
// Which step fails is known only when it does, so the end of every running step's log is kept. A
// step that ends well takes its log with it.
#include "cli/display/failure_tail.h"

#include "cli/display/line_buffer.h"

namespace cairn::cli {

void FailureTail::send(progress::Event event) {
  std::lock_guard lock(mutex_);
  std::visit([this](const auto& one) { take(one); }, event);
}

void FailureTail::take(const progress::VertexStarted& started) {
  running_[started.id].name = started.name;
}

void FailureTail::take(const progress::LogBytes& log) {
  StepLog& kept = running_[log.vertex].log;
  each_line(log.data, [&](std::string_view line) { kept.add(std::string(line), lines_, place_); });
}

void FailureTail::take(const progress::VertexCompleted& end) {
  auto found = running_.find(end.vertex);
  if (found == running_.end()) return;
  if (end.outcome == progress::Outcome::kFailed && !failed_) {
    StepLog& log = found->second.log;
    failed_ = FailedStep{.name = found->second.name,
                         .last_lines = {log.last_lines().begin(), log.last_lines().end()},
                         .left_out = log.left_out(),
                         .kept_in = log.keep(place_)};
  }
  running_.erase(found);
}

std::optional<FailedStep> FailureTail::failed_step() const {
  std::lock_guard lock(mutex_);
  return failed_;
}

}  // namespace cairn::cli
