// SPDX-License-Identifier: Apache-2.0
//
// A pattern is a list of segments with stars between them. Placing each segment as early as
// possible gives the shortest match; placing the last one as late as possible gives the longest.
// There is no backtracking, so no pattern takes exponential time. If a later segment is not found,
// no later start can find it either, so none is quadratic in the length of the value.
#include "dockerfile/internal/shell_pattern.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/limits.h"
#include "dockerfile/internal/runes.h"

namespace cairn::dockerfile {
namespace {

constexpr char32_t kAnyRune = 0xffffffff;  // "?" inside a segment

using Segment = std::u32string;
using Pattern = std::vector<Segment>;  // never empty; n segments are joined by n-1 stars

[[noreturn]] void bad_escape(std::string_view pattern, std::u32string_view what) {
  throw dockerfile_error("invalid pattern ({}) in substitution: invalid escape '\\{}'", pattern,
                         from_runes(what));
}

// Bounds the comparisons: each segment is compared at each position at most a few times.
void check_work(std::string_view pattern, std::string_view value) {
  if (std::uint64_t{pattern.size()} * value.size() <= limits::kPatternWork) return;
  throw dockerfile_error("a pattern of {} bytes is too long for a value of {} bytes",
                         pattern.size(), value.size());
}

Pattern parse_pattern(std::string_view text) {
  Pattern pattern(1);
  std::u32string runes = to_runes(text);
  for (std::size_t i = 0; i < runes.size(); ++i) {
    char32_t rune = runes[i];
    if (rune == '*') {
      pattern.emplace_back();
      continue;
    }
    if (rune == '?') rune = kAnyRune;
    if (rune == '\\') {
      std::u32string_view next = std::u32string_view(runes).substr(i + 1, 1);
      // "}" and "/" must be escaped in the Dockerfile; that escape is not part of the pattern.
      if (next == U"}" || next == U"/") continue;
      if (next != U"*" && next != U"?" && next != U"\\") bad_escape(text, next);
      rune = next[0];
      ++i;
    }
    pattern.back() += rune;
  }
  return pattern;
}

bool fits_at(const Segment& segment, std::u32string_view value, std::size_t at) {
  if (at + segment.size() > value.size()) return false;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != kAnyRune && segment[i] != value[at + i]) return false;
  }
  return true;
}

std::optional<std::size_t> find_from(const Segment& segment, std::u32string_view value,
                                     std::size_t from) {
  for (std::size_t at = from; at + segment.size() <= value.size(); ++at) {
    if (fits_at(segment, value, at)) return at;
  }
  return std::nullopt;
}

// The end of a match that starts at `start`; nullopt if there is none. Sets `is_last` when no later
// start can match either.
std::optional<std::size_t> match_end(const Pattern& pattern, std::u32string_view value,
                                     std::size_t start, Reach reach, bool* is_last = nullptr) {
  if (!fits_at(pattern[0], value, start)) return std::nullopt;
  std::size_t end = start + pattern[0].size();
  for (std::size_t i = 1; i < pattern.size(); ++i) {
    std::optional<std::size_t> at = find_from(pattern[i], value, end);
    if (!at) {
      if (is_last != nullptr) *is_last = true;
      return std::nullopt;
    }
    // The last segment is found once already, so the search from the back ends.
    if (reach == Reach::kLongest && i + 1 == pattern.size()) {
      at = value.size() - pattern[i].size();
      while (!fits_at(pattern[i], value, *at)) --*at;
    }
    end = *at + pattern[i].size();
  }
  return end;
}

enum class Matches { kFirst, kAll };

std::string replace(std::string_view text, std::string_view subject, std::string_view with,
                    Matches which, std::size_t limit) {
  check_work(text, subject);
  Pattern pattern = parse_pattern(text);
  std::u32string value = to_runes(subject);
  std::string out;
  // The end of the previous match.
  std::size_t last_end = std::u32string::npos;
  std::size_t at = 0;
  bool no_more = false;
  // The end of the value counts: an empty pattern matches there too.
  while (at <= value.size()) {
    if (out.size() > limit) {
      throw dockerfile_error("the result is larger than {} bytes", limit);
    }
    std::optional<std::size_t> end;
    if (!no_more) end = match_end(pattern, value, at, Reach::kLongest, &no_more);
    // An empty match right behind another match does not count, as in Go's ReplaceAll.
    if (end && !(*end == at && at == last_end)) {
      out += with;
      last_end = *end;
      if (which == Matches::kFirst)
        return out + from_runes(std::u32string_view(value).substr(*end));
      if (*end > at) {
        at = *end;
        continue;
      }
    }
    if (at < value.size()) append_rune(out, value[at]);
    ++at;
  }
  return out;
}

}  // namespace

std::string trim_prefix(std::string_view pattern, std::string_view value, Reach reach) {
  check_work(pattern, value);
  std::u32string runes = to_runes(value);
  std::optional<std::size_t> end = match_end(parse_pattern(pattern), runes, 0, reach);
  return end ? from_runes(std::u32string_view(runes).substr(*end)) : std::string(value);
}

std::string trim_suffix(std::string_view text, std::string_view value, Reach reach) {
  check_work(text, value);
  // The same from the back: reverse the value, the order of the segments, and each segment.
  Pattern pattern = parse_pattern(text);
  std::reverse(pattern.begin(), pattern.end());
  for (Segment& segment : pattern) std::reverse(segment.begin(), segment.end());
  std::u32string runes = to_runes(value);
  std::reverse(runes.begin(), runes.end());
  std::optional<std::size_t> end = match_end(pattern, runes, 0, reach);
  if (end) runes.erase(0, *end);
  std::reverse(runes.begin(), runes.end());
  return from_runes(runes);
}

std::string replace_first(std::string_view pattern, std::string_view value, std::string_view with,
                          std::size_t limit) {
  return replace(pattern, value, with, Matches::kFirst, limit);
}

std::string replace_all(std::string_view pattern, std::string_view value, std::string_view with,
                        std::size_t limit) {
  return replace(pattern, value, with, Matches::kAll, limit);
}

}  // namespace cairn::dockerfile
