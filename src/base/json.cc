// SPDX-License-Identifier: Apache-2.0
//
// Depth and number of values are counted by a scan of the raw text before nlohmann-json sees it: a
// parser that recurses and allocates must not be the one that finds out. The scan need not be exact
// for text that is not JSON, which fails in the parser.
#include "base/json.h"

#include <algorithm>

#include "base/error.h"
#include "base/limits.h"

namespace cairn {
namespace {

constexpr int kMaxDepth = 64;

struct Extent {
  int depth = 0;
  std::size_t values = 0;
};

// nlohmann-json recurses for each level and needs far more memory than the text, so both are
// bounded first. Every value except the first of its list or object follows a comma.
Extent extent_of(std::string_view text) {
  Extent extent;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      // An escaped character never ends the string.
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      extent.depth = std::max(extent.depth, ++depth);
      ++extent.values;
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == ',') {
      ++extent.values;
    }
  }
  return extent;
}

}  // namespace

void check_json_bounds(std::string_view text, std::string_view what) {
  Extent extent = extent_of(text);
  if (extent.depth > kMaxDepth) {
    throw Error::of(ErrorKind::kCorrupt, "{}: JSON nested deeper than {}", what, kMaxDepth);
  }
  if (extent.values > limits::kJsonValues) {
    throw Error::of(ErrorKind::kLimit, "{}: JSON of {} values, more than the {} allowed", what,
                    extent.values, limits::kJsonValues);
  }
}

Json parse_json(std::string_view text, std::string_view what) {
  check_json_bounds(text, what);
  return reading_json(fmt::format("{} is not valid JSON", what), [&] { return Json::parse(text); });
}

std::string canonical(const Json& value) {
  // "replace": a string that is not UTF-8 must not throw here, long after it was read.
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cairn
