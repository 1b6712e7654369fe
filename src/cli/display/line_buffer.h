// SPDX-License-Identifier: Apache-2.0
//
// Lines out of bytes that come in pieces, and out of text that has whole lines.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace cairn::cli {

// Splits bytes into lines without their line ends. A line longer than limits::kLogLine is split
// into pieces of that size. Not thread-safe.
class LineBuffer {
 public:
  // Calls `take` for each line that is complete now. The view is valid during the call.
  void feed(std::string_view bytes, const std::function<void(std::string_view line)>& take);
  std::string take_rest();  // an unfinished last line, or ""

 private:
  std::string rest_;
};

// Calls take(line) for each line of a text whose last line is ended, too.
template <typename Take>
void each_line(std::string_view text, Take take) {
  for (std::size_t end; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1)) {
    take(text.substr(0, end));
  }
}

}  // namespace cairn::cli
