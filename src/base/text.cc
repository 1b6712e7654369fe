// SPDX-License-Identifier: Apache-2.0
//
// Letters are ASCII, whatever the locale says, so nothing here uses <cctype>. A function with a
// counterpart in Go follows it byte for byte (%q, path.Clean): history texts and image paths must
// equal BuildKit's.
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/utf8.h"

namespace cairn {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// What Go's strconv.IsPrint refuses beyond ASCII, except for unassigned code points.
bool is_unprintable(char32_t rune) {
  struct Range {
    char32_t first;
    char32_t last;
  };
  static constexpr Range kRanges[] = {
      {0x80, 0xa0},     {0xad, 0xad},     {0x600, 0x605},     {0x61c, 0x61c},
      {0x1680, 0x1680}, {0x180e, 0x180e}, {0x2000, 0x200f},   {0x2028, 0x202f},
      {0x205f, 0x206f}, {0x3000, 0x3000}, {0xe000, 0xf8ff},   {0xfeff, 0xfeff},
      {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe00ff}, {0xf0000, 0x10ffff}};
  return std::any_of(std::begin(kRanges), std::end(kRanges),
                     [&](Range range) { return range.first <= rune && rune <= range.last; });
}

void append_quoted(std::string& out, char32_t rune, std::string_view bytes) {
  switch (rune) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\a': out += "\\a"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\v': out += "\\v"; return;
    default: break;
  }
  auto value = static_cast<std::uint32_t>(rune);
  if (rune < 0x20 || rune == 0x7f || is_stray_byte(rune)) {
    out += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes[0]));
  } else if (is_unprintable(rune)) {
    out += rune < 0x10000 ? fmt::format("\\u{:04x}", value) : fmt::format("\\U{:08x}", value);
  } else {
    out += bytes;
  }
}

enum class Swap { kOneSlip, kTwoSlips };

// The edit distance of two words: insertions, deletions, replacements and, with kOneSlip, swaps of
// neighbours (optimal string alignment). With kTwoSlips it is the Levenshtein distance. Three rows
// suffice.
int slips(std::string_view a, std::string_view b, Swap swap) {
  std::vector<int> before, last, row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      // The usual three steps; a swap looks back two rows.
      int replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      bool swapped =
          swap == Swap::kOneSlip && i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

// The candidate with the smallest distance below three; the first of equals. nullopt if `word` is
// itself a candidate.
template <typename Distance>
std::optional<std::string> nearest_by(std::string_view word,
                                      const std::vector<std::string>& candidates,
                                      const Distance& distance_to) {
  std::optional<std::string> best;
  int best_distance = 3;
  for (const std::string& candidate : candidates) {
    // The word is known: there is nothing to suggest.
    if (candidate == word) return std::nullopt;
    int distance = distance_to(candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string to_upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), upper);
  return out;
}

bool equal_fold(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::uint64_t> parse_uint(std::string_view text, int base) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  // std::from_chars() stops at the first other character: refuse a rest.
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    Rune rune = decode_rune(text);
    append_quoted(out, rune.value, text.substr(0, rune.size));
    text.remove_prefix(rune.size);
  }
  return out + '"';
}

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
  std::string wanted = to_lower(word);
  return nearest_by(word, candidates, [&](const std::string& candidate) {
    return slips(wanted, to_lower(candidate), Swap::kOneSlip);
  });
}

std::optional<std::string> nearest_exact(std::string_view word,
                                         const std::vector<std::string>& candidates) {
  return nearest_by(word, candidates, [&](const std::string& candidate) {
    return slips(word, candidate, Swap::kTwoSlips);
  });
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  std::optional<std::string> found = nearest(word, candidates);
  if (!found) return "";
  if (word == to_upper(word)) found = to_upper(*found);
  if (word == to_lower(word)) found = to_lower(*found);
  return fmt::format(" (did you mean {}?)", *found);
}

std::string human_size(std::uint64_t bytes, int digits) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}g}{}", value, std::max(digits, value >= 100 ? 3 : 1), kUnits[unit]);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::string lowered = to_lower(trim(text));
  std::string_view number = lowered;
  // "1kib", "1kb" and "1k" are the same, as in docker/go-units RAMInBytes.
  if (number.ends_with("ib"))
    number.remove_suffix(2);
  else if (number.ends_with("b"))
    number.remove_suffix(1);
  if (number.empty()) return std::nullopt;
  int shift = 0;
  switch (number.back()) {
    case 'k': shift = 10; break;
    case 'm': shift = 20; break;
    case 'g': shift = 30; break;
    case 't': shift = 40; break;
    default: break;
  }
  if (shift > 0) number.remove_suffix(1);
  number = trim(number);
  std::size_t point = number.find('.');
  std::optional<std::uint64_t> value = parse_uint(number.substr(0, point));
  // Refuses what would overflow.
  if (!value || *value > (UINT64_MAX >> shift)) return std::nullopt;
  if (point == std::string_view::npos) return *value << shift;
  // "1.5g": nine decimal places are enough, and fit into an integer.
  std::string places(number.substr(point + 1, 9));
  std::optional<std::uint64_t> billionths =
      parse_uint(places + std::string(9 - places.size(), '0'));
  if (!billionths || places.empty()) return std::nullopt;
  return (*value << shift) + static_cast<std::uint64_t>(std::ldexp(*billionths / 1e9, shift));
}

std::string clean_path(std::string_view path) {
  bool absolute = path.starts_with('/');
  std::vector<std::string> kept;
  for (std::string& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      kept.push_back(std::move(part));
    } else if (!kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!absolute) {
      kept.push_back("..");
    }
  }
  std::string out = (absolute ? "/" : "") + join(kept, "/");
  return out.empty() ? "." : out;
}

std::string rooted_path(std::string_view path) {
  return clean_path("/" + std::string(path));
}

std::string path_in(const std::string& dir, const std::string& name) {
  return dir == "/" ? dir + name : dir + "/" + name;
}

}  // namespace cairn
