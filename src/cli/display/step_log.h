// SPDX-License-Identifier: Apache-2.0
//
// The log of one running step, kept for the message after a failure: its last lines in memory, and
// all of it in a file once there are too many. Not thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/sys/file.h"

namespace cairn::cli {

// Where to keep logs too long for a screen: the root of a store, or "" for nowhere. `tmp_dir`
// returns a directory on the same filesystem for the log being written.
struct LogPlace {
  std::string root;
  std::function<std::string()> tmp_dir = {};
};

class StepLog {
 public:
  // Keeps up to `lines` lines and limits::kFailedLogBytes. Older lines go to the file; without a
  // root in `place` they are only counted.
  void add(std::string line, std::size_t lines, const LogPlace& place);

  const std::deque<std::string>& last_lines() const { return lines_; }
  std::size_t left_out() const { return left_out_; }
  // Publishes the file as ROOT/logs/step-TIME-PID-N.log (0600) and removes all but the last
  // limits::kLogFiles logs. Returns "" if there is no file or it cannot be kept: the step's own
  // failure matters more. Called once, at a failure.
  std::string keep(const LogPlace& place) noexcept;

 private:
  void spill(std::string_view line, const LogPlace& place);
  void flush();

  std::deque<std::string> lines_;
  std::size_t bytes_ = 0;  // of lines_
  std::size_t left_out_ = 0;
  std::optional<sys::TempFile> file_;
  std::string unwritten_;
  std::size_t written_ = 0;
  bool cannot_spill_ = false;
};

}  // namespace cairn::cli
