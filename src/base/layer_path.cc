// SPDX-License-Identifier: Apache-2.0
//
// Called for every directory of a tree, so the usual case is two comparisons of lengths: a path
// shorter than kTarDepth bytes cannot have that many names. Only a longer one has its slashes
// counted.
#include "base/layer_path.h"

#include <algorithm>

#include "base/error.h"
#include "base/foreign_text.h"
#include "base/limits.h"
#include "base/text.h"

namespace cairn {

void check_layer_path(std::string_view path) {
  // Leaves room for what a tar entry adds: ".wh." before the name of a whiteout, "/" behind a
  // directory.
  constexpr std::size_t kLongest = limits::kTarPath - std::string_view(".wh.").size();
  constexpr std::size_t kShown = 60;  // columns
  bool is_long = path.size() > kLongest;
  if (!is_long && path.size() < limits::kTarDepth) return;  // too short to be deep
  auto slashes = static_cast<std::size_t>(std::ranges::count(path, '/'));
  if (!is_long && slashes < limits::kTarDepth) return;
  std::string beginning = clipped(one_line(path.substr(0, kShown)), kShown);
  throw Error::of(ErrorKind::kLimit,
                  "a path of {} bytes and {} names is too long for a layer: /{}...", path.size(),
                  slashes + 1, beginning)
      .with_hint(fmt::format("a layer has paths of at most {} and {} names: make fewer directories "
                             "in each other, or remove them in the step that makes them",
                             human_size(kLongest), limits::kTarDepth));
}

}  // namespace cairn
