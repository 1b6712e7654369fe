// SPDX-License-Identifier: Apache-2.0
//
// Iterates over the lines of a text, each with its line end, numbered from 1. A byte order mark at
// the start is dropped. Borrows the text.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

namespace cairn::dockerfile {

class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
  }

  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end == std::string_view::npos ? end : end + 1);
    rest_.remove_prefix(line.size());
    ++number_;
    return line;
  }

  int number() const { return number_; }  // of the last line returned by next()

 private:
  std::string_view rest_;
  int number_ = 0;
};

inline std::string_view trim_newline(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace cairn::dockerfile
