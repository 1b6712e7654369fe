// SPDX-License-Identifier: Apache-2.0
//
// Sizes and times as BuildKit's plain printer writes them. A time below 10 ms is left out.
#include "cli/display/status_text.h"

#include <fmt/format.h>

#include "base/text.h"

namespace cairn::cli {
namespace {

// At most two decimals, as Go's units package prints "%.2f" sizes.
std::string amount_text(std::int64_t bytes) {
  return human_size(static_cast<std::uint64_t>(bytes));
}

}  // namespace

std::string describe(const progress::Status& status) {
  std::string text;
  if (status.total != 0) {
    text += fmt::format(" {} / {}", amount_text(status.current), amount_text(status.total));
  } else if (status.current != 0) {
    text += " " + amount_text(status.current);
  }
  double seconds = seconds_between(status.started, status.time);
  if (seconds > 0.01) text += fmt::format(" {:.1f}s", seconds);
  if (status.completed) text += " done";
  return text;
}

double seconds_between(Timestamp from, Timestamp to) {
  return static_cast<double>(to.seconds - from.seconds) +
         static_cast<double>(to.nanos - from.nanos) / 1e9;
}

}  // namespace cairn::cli
