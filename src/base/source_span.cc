// SPDX-License-Identifier: Apache-2.0
#include "base/source_span.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace cairn {
namespace {

// BuildKit's measure: lines are added above and below by turns, and an end of the file takes no
// turn. One line gets up to two on each side, several get one.
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
  auto [first, last] = padded(span.first_line, std::min(span.last_line, count), count);
  std::string body;
  std::string_view rest = text;
  for (int number = 1; number <= last; ++number) {
    std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (number < first) continue;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    bool marked = number >= span.first_line && number <= span.last_line;
    body += fmt::format(" {:3} | {} {}\n", number, marked ? ">>>" : "   ", line);
    if (marked && span.first_line == span.last_line && span.first_column > 0) {
      int width = std::max(1, span.last_column - span.first_column + 1);
      body += fmt::format("     |     {}{}\n", std::string(span.first_column - 1, ' '),
                          std::string(width, '^'));
    }
  }
  return fmt::format("{}\n--------------------\n{}--------------------\n", location(span), body);
}

}  // namespace cairn
