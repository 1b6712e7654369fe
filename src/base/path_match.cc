// SPDX-License-Identifier: Apache-2.0
#include "base/path_match.h"

namespace cairn {
namespace {

// One character of a class, which `\` may escape; false at a malformed place.
bool take_class_char(std::string_view& pattern, char& out) {
  if (pattern.empty() || pattern[0] == '-' || pattern[0] == ']') return false;
  if (pattern[0] == '\\') {
    pattern.remove_prefix(1);
    if (pattern.empty()) return false;
  }
  out = pattern[0];
  pattern.remove_prefix(1);
  return true;
}

// Matches the class at the start of `pattern` (behind "[") and steps over it.
bool match_class(std::string_view& pattern, char c, bool& malformed) {
  bool negated = !pattern.empty() && pattern[0] == '^';
  if (negated) pattern.remove_prefix(1);
  bool found = false;
  for (int ranges = 0;; ++ranges) {
    if (!pattern.empty() && pattern[0] == ']' && ranges > 0) {
      pattern.remove_prefix(1);
      return found != negated;
    }
    char low = 0;
    malformed = !take_class_char(pattern, low);
    char high = low;
    if (!malformed && !pattern.empty() && pattern[0] == '-') {
      pattern.remove_prefix(1);
      malformed = !take_class_char(pattern, high);
    }
    if (malformed) return false;
    auto byte = static_cast<unsigned char>(c);
    found = found || (static_cast<unsigned char>(low) <= byte && byte <= static_cast<unsigned char>(high));
  }
}

// Matches one pattern element other than `*` against `c` and steps over it.
bool match_one(std::string_view& pattern, char c) {
  char first = pattern[0];
  pattern.remove_prefix(1);
  bool malformed = false;
  switch (first) {
    case '?': return c != '/';
    case '[': return match_class(pattern, c, malformed) && !malformed;
    case '\\': {
      if (pattern.empty()) return false;
      char escaped = pattern[0];
      pattern.remove_prefix(1);
      return c == escaped;
    }
    default: return c == first;
  }
}

}  // namespace

bool match_path(std::string_view pattern, std::string_view name) {
  // Where the last `*` stood and how much of the name it has taken: only that one is ever stretched.
  std::string_view star_pattern;
  std::string_view star_name;
  bool have_star = false;
  while (true) {
    if (!pattern.empty() && pattern[0] == '*') {
      pattern.remove_prefix(1);
      star_pattern = pattern;
      star_name = name;
      have_star = true;
      continue;
    }
    if (pattern.empty() && name.empty()) return true;
    std::string_view rest = pattern;
    if (!pattern.empty() && !name.empty() && match_one(rest, name[0])) {
      pattern = rest;
      name.remove_prefix(1);
      continue;
    }
    if (!have_star || star_name.empty() || star_name[0] == '/') return false;
    star_name.remove_prefix(1);
    pattern = star_pattern;
    name = star_name;
  }
}

}  // namespace cairn
