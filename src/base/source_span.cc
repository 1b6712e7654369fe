// SPDX-License-Identifier: Apache-2.0
//
// Renders a span in BuildKit's frame (solver/errdefs/source.go), which users and tools know. The
// text is foreign: lines are masked, made legible and clipped, and a long span is cut and counted.
#include "base/source_span.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/foreign_text.h"
#include "base/logins.h"

namespace cairn {
namespace {

constexpr int kMostLines = static_cast<int>(limits::kMessageLines);

// BuildKit's rule for context lines: they are added above and below alternately, and a side at the
// end of the file adds none. A single line gets up to two on each side, several lines get one.
std::pair<int, int> padded(int first, int last, int count) {
  int wanted = first == last ? 4 : 2;
  for (int added = 0; added < wanted; ++added) {
    if (first > 1) {
      --first;
      ++added;
    }
    if (last < count) {
      ++last;
      ++added;
    }
  }
  return {first, last};
}

}  // namespace

std::string location(const SourceSpan& span) {
  if (!span.source) return "";
  return fmt::format("{}:{}", span.source->name, span.first_line);
}

std::string excerpt(const SourceSpan& span) {
  if (!span.source || span.first_line < 1) return "";
  // A file that ends in a newline has an empty last line, as in BuildKit.
  const std::string& text = span.source->text;
  int count = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  if (span.first_line > count) return "";
  int end_line = std::min({span.last_line, count, span.first_line + kMostLines});
  auto [first, last] = padded(span.first_line, end_line, count);
  std::string body;
  std::string_view rest = text;
  for (int number = 1; number <= last; ++number) {
    std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (number < first) continue;
    // A Dockerfile with Windows line ends.
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    bool marked = number >= span.first_line && number <= span.last_line;
    body +=
        fmt::format(" {:3} | {} {}\n", number, marked ? ">>>" : "   ", one_line(mask_logins(line)));
    // No carets under a part of the line that was clipped away.
    bool is_shown = span.last_column <= static_cast<int>(limits::kForeignColumns);
    if (marked && span.first_line == span.last_line && span.first_column > 0 && is_shown) {
      int width = std::max(1, span.last_column - span.first_column + 1);
      body += fmt::format("     |     {}{}\n", std::string(span.first_column - 1, ' '),
                          std::string(width, '^'));
    }
  }
  if (end_line < std::min(span.last_line, count)) {
    body +=
        fmt::format("     | ... and {} more lines\n", std::min(span.last_line, count) - end_line);
  }
  return fmt::format("{}\n--------------------\n{}--------------------\n", one_line(location(span)),
                     body);
}

}  // namespace cairn
