// SPDX-License-Identifier: Apache-2.0
//
// Maps are small lists that are searched linearly. Arithmetic on ids is done in 64 bits, since a
// range may end at the last id. The texts of /etc/subuid are written by administrators, so bad
// lines are skipped, as newuidmap does; a map that the kernel wrote must parse.
#include "sandbox/id_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace cairn::sandbox {
namespace {

std::optional<std::uint32_t> parse_id(std::string_view text) {
  std::optional<std::uint64_t> value = parse_uint(text);
  if (!value || *value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> parts = split(line, ' ');
  std::erase(parts, "");
  return parts;
}

// The kernel's ids end at 4294967294; the last number means "none".
bool sensible(const SubIds& range) {
  return range.count > 0 && std::uint64_t{range.start} + range.count <= 0xffffffffu;
}

// The kernel refuses a map with overlapping ranges.
bool overlap(const SubIds& a, const SubIds& b) {
  return std::uint64_t{a.start} < std::uint64_t{b.start} + b.count &&
         std::uint64_t{b.start} < std::uint64_t{a.start} + a.count;
}

}  // namespace

IdMap parse_id_map(std::string_view text) {
  IdMap map;
  for (const std::string& line : split(text, '\n')) {
    std::vector<std::string> parts = words(line);
    if (parts.empty()) continue;
    std::optional<std::uint32_t> ids[3];
    for (std::size_t i = 0; i < 3 && parts.size() == 3; ++i) ids[i] = parse_id(parts[i]);
    if (!ids[0] || !ids[1] || !ids[2]) {
      throw Error::of(ErrorKind::kHost, "a line of an id map makes no sense: {}", line);
    }
    map.push_back({.inside = *ids[0], .outside = *ids[1], .count = *ids[2]});
  }
  return map;
}

std::string id_map_text(const IdMap& map) {
  std::string text;
  for (const IdMapEntry& entry : map) {
    text += fmt::format("{} {} {}\n", entry.inside, entry.outside, entry.count);
  }
  return text;
}

bool maps(const IdMap& map, std::uint32_t id) {
  return std::any_of(map.begin(), map.end(), [id](const IdMapEntry& entry) {
    return id >= entry.inside && id - entry.inside < entry.count;
  });
}

IdMap identity_of(const IdMap& outer) {
  IdMap map = outer;
  for (IdMapEntry& entry : map) entry.outside = entry.inside;
  return map;
}

std::vector<SubIds> parse_sub_ids(std::string_view text, std::string_view name, std::uint32_t uid) {
  std::vector<SubIds> ranges;
  for (const std::string& line : split(text, '\n')) {
    std::vector<std::string> parts = split(trim(line), ':');
    if (parts.size() != 3) continue;
    // Both forms may stand in one file: a name, or the uid in digits.
    bool ours = (!name.empty() && parts[0] == name) || parse_id(parts[0]) == uid;
    std::optional<std::uint32_t> start = parse_id(parts[1]);
    std::optional<std::uint32_t> count = parse_id(parts[2]);
    if (!ours || !start || !count) continue;
    SubIds range{.start = *start, .count = *count};
    bool taken = std::any_of(ranges.begin(), ranges.end(),
                             [&](const SubIds& earlier) { return overlap(earlier, range); });
    if (sensible(range) && !taken) ranges.push_back(range);
  }
  return ranges;
}

IdMap map_with_sub_ids(std::uint32_t own, const std::vector<SubIds>& lent) {
  IdMap map{{.inside = 0, .outside = own, .count = 1}};
  std::uint64_t next = 1;
  for (const SubIds& range : lent) {
    // An id can be on the outer side of a map only once, and ours is there already.
    if (overlap(range, {.start = own, .count = 1}) || next + range.count > 0xffffffffu) continue;
    map.push_back(
        {.inside = static_cast<std::uint32_t>(next), .outside = range.start, .count = range.count});
    next += range.count;
  }
  return map;
}

}  // namespace cairn::sandbox
