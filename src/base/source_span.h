// SPDX-License-Identifier: Apache-2.0
//
// A position in a source text. A span keeps its text alive, so that an error can show the lines
// long after the parser is gone.
#pragma once

#include <memory>
#include <string>

namespace cairn {

// A named text. It is shared between threads and must not change once made. Messages show the name
// ("Dockerfile").
struct SourceText {
  std::string name;
  std::string text;
};

// Lines count from 1; both ends are included. Columns count bytes from 1; 0 means the whole line.
struct SourceSpan {
  std::shared_ptr<const SourceText> source;
  int first_line = 0;
  int last_line = 0;
  int first_column = 0;
  int last_column = 0;

  bool operator==(const SourceSpan&) const = default;
};

// "Dockerfile:12", or "" for a span without a text.
std::string location(const SourceSpan& span);

// The lines of the span with a few around them, numbered and framed as BuildKit does. Lines of the
// span are marked ">>>". Ends in a newline; "" for a span without a text.
std::string excerpt(const SourceSpan& span);

}  // namespace cairn
