// SPDX-License-Identifier: Apache-2.0
#include "base/source_span.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace cairn {

std::string location(const SourceSpan& span) {
  if (!span.source) return "";
  return fmt::format("{}:{}", span.source->name, span.first_line);
}

std::string excerpt(const SourceSpan& span, int around) {
  if (!span.source || span.first_line < 1) return "";
  std::string body;
  std::string_view rest = span.source->text;
  int last_shown = 0;
  for (int number = 1; !rest.empty() && number <= span.last_line + around; ++number) {
    std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (number < span.first_line - around) continue;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    bool marked = number >= span.first_line && number <= span.last_line;
    body += fmt::format("{:4} | {} {}\n", number, marked ? ">>>" : "   ", line);
    if (marked && span.first_line == span.last_line && span.first_column > 0) {
      int width = std::max(1, span.last_column - span.first_column + 1);
      body += fmt::format("     |     {}{}\n", std::string(span.first_column - 1, ' '),
                          std::string(width, '^'));
    }
    last_shown = number;
  }
  if (last_shown == 0) return "";
  return fmt::format("{}\n--------------------\n{}--------------------\n", location(span), body);
}

}  // namespace cairn
