// SPDX-License-Identifier: Apache-2.0
//
// Greedy matching with one point to go back to: when a mismatch occurs, only the latest `*` takes
// one more character. Earlier stars need not be retried, since the latest one can take whatever
// they would have. That keeps the time at pattern times name, where a recursive matcher is
// exponential. A pattern is checked by the same code that matches it.
#include "base/path_match.h"

#include "base/utf8.h"

namespace cairn {
namespace {

char32_t take_rune(std::string_view& text) {
  Rune rune = decode_rune(text);
  text.remove_prefix(rune.size);
  return rune.value;
}

// Takes one character of a class, which `\` may escape. False if it is malformed.
bool take_class_char(std::string_view& pattern, char32_t& out) {
  if (pattern.empty() || pattern[0] == '-' || pattern[0] == ']') return false;
  if (pattern[0] == '\\') {
    pattern.remove_prefix(1);
    if (pattern.empty()) return false;
  }
  out = take_rune(pattern);
  return true;
}

// Matches the class whose "[" was taken, and removes it from `pattern`.
bool match_class(std::string_view& pattern, char32_t c, bool& malformed) {
  bool negated = !pattern.empty() && pattern[0] == '^';
  if (negated) pattern.remove_prefix(1);
  bool found = false;
  for (int ranges = 0;; ++ranges) {
    // A "]" in the first place does not close the class; Go then reports a bad pattern.
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

// Matches one pattern element other than `*` against `c`, and removes it from `pattern`.
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

bool is_path_pattern(std::string_view pattern) {
  while (!pattern.empty()) {
    char32_t first = take_rune(pattern);
    bool malformed = false;
    if (first == '[') match_class(pattern, 0, malformed);
    if (first == '\\') {
      malformed = pattern.empty();
      if (!malformed) take_rune(pattern);
    }
    if (malformed) return false;
  }
  return true;
}

bool match_path(std::string_view pattern, std::string_view name) {
  // The pattern behind the last `*`, and the name behind what that star has taken so far.
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
    // The star takes one more character, but never a "/".
    if (!have_star || star_name.empty() || star_name[0] == '/') return false;
    take_rune(star_name);
    pattern = star_pattern;
    name = star_name;
  }
}

}  // namespace cairn
