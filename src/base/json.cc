// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include "base/error.h"

namespace cairn {
namespace {

constexpr int kMaxDepth = 64;

// nlohmann-json recurses per level, so the depth is bounded before it sees the text.
bool too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

}  // namespace

Json parse_json(std::string_view text, std::string_view what) {
  if (too_deep(text)) {
    throw Error::of(ErrorKind::kCorrupt, "{}: JSON nested deeper than {}", what, kMaxDepth);
  }
  try {
    return Json::parse(text);
  } catch (const Json::exception& e) {
    throw Error::of(ErrorKind::kCorrupt, "{} is not valid JSON: {}", what, e.what());
  }
}

std::string canonical(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cairn
