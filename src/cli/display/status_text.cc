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

StatusLine line_of(const progress::Transfer& transfer) {
  const auto* digest = std::get_if<Digest>(&transfer.item);
  return {.name = digest != nullptr ? digest->str() : std::get<std::string>(transfer.item),
          .current = transfer.current,
          .total = transfer.total,
          .started = transfer.started,
          .time = transfer.time,
          .completed = transfer.completed};
}

StatusLine line_of(const progress::Status& status) {
  return {.name = status.name,
          .started = status.started,
          .time = status.time,
          .completed = status.completed};
}

std::string describe(const StatusLine& line) {
  std::string text;
  if (line.total != 0) {
    text += fmt::format(" {} / {}", amount_text(line.current), amount_text(line.total));
  } else if (line.current != 0) {
    text += " " + amount_text(line.current);
  }
  double seconds = seconds_between(line.started, line.time);
  if (seconds > 0.01) text += fmt::format(" {:.1f}s", seconds);
  if (line.completed) text += " done";
  return text;
}

double seconds_between(Timestamp from, Timestamp to) {
  return static_cast<double>(to.seconds - from.seconds) +
         static_cast<double>(to.nanos - from.nanos) / 1e9;
}

}  // namespace cairn::cli
