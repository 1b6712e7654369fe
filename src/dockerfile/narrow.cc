// SPDX-License-Identifier: Apache-2.0
//
// The word is searched in the source itself: after continuations were joined and variables
// expanded, nothing else tells where it stood.
#include "dockerfile/narrow.h"

#include <optional>

#include "base/limits.h"
#include "dockerfile/internal/lines.h"

namespace cairn::dockerfile {

SourceSpan narrow(const SourceSpan& span, std::string_view text) {
  if (!span.source || text.empty()) return span;
  // Called for each fault: a search of a huge text each time would be quadratic.
  if (span.source->text.size() > limits::kSearchedText) return span;
  Lines lines(span.source->text);
  while (std::optional<std::string_view> line = lines.next()) {
    if (lines.number() > span.last_line) break;
    std::size_t at = lines.number() < span.first_line ? std::string_view::npos : line->find(text);
    if (at == std::string_view::npos) continue;
    return {.source = span.source,
            .first_line = lines.number(),
            .last_line = lines.number(),
            .first_column = static_cast<int>(at + 1),
            .last_column = static_cast<int>(at + text.size())};
  }
  return span;
}

}  // namespace cairn::dockerfile
