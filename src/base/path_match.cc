// SPDX-License-Identifier: Apache-2.0
#include "base/path_match.h"

#include "base/utf8.h"

namespace cairn {
namespace {

char32_t take_rune(std::string_view& text) {
  Rune rune = decode_rune(text);
  text.remove_prefix(rune.size);
  return rune.value;
}

// One character of a class, which `\` may escape; false at a malformed place.
bool take_class_char(std::string_view& pattern, char32_t& out) {
  if (pattern.empty() || pattern[0] == '-' || pattern[0] == ']') return false;
  if (pattern[0] == '\\') {
    pattern.remove_prefix(1);
    if (pattern.empty()) return false;
  }
  out = take_rune(pattern);
  return true;
}

// Matches the class at the start of `pattern` (behind "[") and steps over it.
bool match_class(std::string_view& pattern, char32_t c, bool& malformed) {
  bool negated = !pattern.empty() && pattern[0] == '^';
  if (negated) pattern.remove_prefix(1);
  bool found = false;
  for (int ranges = 0;; ++ranges) {
    if (!pattern.empty() && pattern[0] == ']' && ranges > 0) {
      pattern.remove_prefix(1);
      return found != negated;
    }
    char32_t low = 0;
    malformed = !take_class_char(pattern, low);
    char32_t high = low;
    if (!malformed && !pattern.empty() && pattern[0] == '-') {
      pattern.remove_prefix(1);
      malformed = !take_class_char(pattern, high);
    }
    if (malformed) return false;
    found = found || (low <= c && c <= high);
  }
}

// Matches one pattern element other than `*` against `c` and steps over it.
bool match_one(std::string_view& pattern, char32_t c) {
  char32_t first = take_rune(pattern);
  bool malformed = false;
  switch (first) {
    case '?': return c != '/';
    case '[': return match_class(pattern, c, malformed) && !malformed;
    case '\\': {
      if (pattern.empty()) return false;
      return c == take_rune(pattern);
    }
    default: return c == first;
  }
}

}  // namespace

bool match_path(std::string_view pattern, std::string_view name) {
  // Where the last `*` stood and how much of the name it has taken: only that one is ever
  // stretched.
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
    std::string_view name_rest = name;
    if (!pattern.empty() && !name.empty() && match_one(rest, take_rune(name_rest))) {
      pattern = rest;
      name = name_rest;
      continue;
    }
    if (!have_star || star_name.empty() || star_name[0] == '/') return false;
    take_rune(star_name);
    pattern = star_pattern;
    name = star_name;
  }
}

}  // namespace cairn
