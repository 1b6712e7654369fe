// SPDX-License-Identifier: Apache-2.0
//
// A line that lies in one piece is passed on where it is; only the parts of one that does not are
// copied.
#include "cli/display/line_buffer.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace cairn::cli {

void LineBuffer::feed(std::string_view bytes,
                      const std::function<void(std::string_view line)>& take) {
  while (!bytes.empty()) {
    // A line ends at '\n' or at the bound, whichever comes first.
    std::size_t size = std::min({bytes.find('\n'), bytes.size(), limits::kLogLine - rest_.size()});
    std::string_view line = bytes.substr(0, size);
    bytes.remove_prefix(size);
    bool is_whole = !bytes.empty() && bytes[0] == '\n';
    bool is_full = rest_.size() + size >= limits::kLogLine;
    if (!rest_.empty() || (!is_whole && !is_full)) rest_ += line;
    if (!is_whole && !is_full) return;
    if (!rest_.empty()) line = rest_;
    if (is_whole) bytes.remove_prefix(1);
    if (is_whole && line.ends_with('\r')) line.remove_suffix(1);
    take(line);
    rest_.clear();
  }
}

std::string LineBuffer::take_rest() {
  return std::exchange(rest_, {});
}

}  // namespace cairn::cli
