// SPDX-License-Identifier: Apache-2.0
//
// A port of Go's time.ParseDuration and Duration.String, since HEALTHCHECK accepts the one and
// history texts contain the other. Whole and fractional parts are computed apart, so that large
// values lose no nanoseconds.
#include "dockerfile/duration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace cairn::dockerfile {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// Longer names come before their prefixes: "ms" is not "m". Both "micro" signs of Unicode are
// accepted, as in Go.
constexpr std::array<Unit, 8> kUnits = {{
    {"ns", 1},
    {"us", 1'000},
    {"\xc2\xb5s", 1'000},
    {"\xce\xbcs", 1'000},
    {"ms", 1'000'000},
    {"h", 3'600'000'000'000},
    {"m", 60'000'000'000},
    {"s", 1'000'000'000},
}};

// Removes a number and its unit ("12.5m") from the front. nullopt when there is none, or it
// overflows.
std::optional<std::int64_t> take_part(std::string_view& text) {
  std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  std::string_view number = text.substr(0, end);
  std::size_t dot = std::min(number.find('.'), number.size());
  std::string_view whole = number.substr(0, dot);
  std::string_view fraction = dot < number.size() ? number.substr(dot + 1) : std::string_view();
  if ((whole.empty() && fraction.empty()) || fraction.find('.') != std::string_view::npos)
    return {};
  text.remove_prefix(end);
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    std::optional<std::uint64_t> count = parse_uint(whole.empty() ? "0" : whole);
    if (!count || *count > static_cast<std::uint64_t>(INT64_MAX / unit.nanoseconds)) return {};
    // 18 digits are exact enough for one unit, and no text is too long for stod.
    double rest = fraction.empty() ? 0 : std::stod("0." + std::string(fraction.substr(0, 18)));
    return static_cast<std::int64_t>(*count) * unit.nanoseconds +
           std::lround(rest * static_cast<double>(unit.nanoseconds));
  }
  return {};
}

std::string trim_zeros(std::string number) {
  if (number.find('.') == std::string::npos) return number;
  number.erase(number.find_last_not_of('0') + 1);
  if (number.ends_with('.')) number.pop_back();
  return number;
}

}  // namespace

std::int64_t parse_duration(std::string_view text) {
  std::string_view rest = text;
  bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  // The only number without a unit (Go, time.ParseDuration).
  if (rest == "0") return 0;
  std::int64_t sum = 0;
  bool valid = !rest.empty();
  while (valid && !rest.empty()) {
    std::optional<std::int64_t> part = take_part(rest);
    valid = part && !__builtin_add_overflow(sum, *part, &sum);
  }
  if (!valid) throw dockerfile_error("invalid duration {}", go_quote(text));
  return negative ? -sum : sum;
}

std::string format_duration(std::int64_t nanoseconds) {
  // INT64_MIN cannot come from parse_duration(), which sums positive parts.
  if (nanoseconds < 0) return "-" + format_duration(-nanoseconds);
  auto value = static_cast<double>(nanoseconds);
  if (nanoseconds == 0) return "0s";
  if (nanoseconds < 1'000) return fmt::format("{}ns", nanoseconds);
  if (nanoseconds < 1'000'000) return trim_zeros(fmt::format("{:.3f}", value / 1e3)) + "\xc2\xb5s";
  if (nanoseconds < 1'000'000'000) return trim_zeros(fmt::format("{:.6f}", value / 1e6)) + "ms";
  std::int64_t minutes = nanoseconds / 60'000'000'000;
  std::int64_t rest = nanoseconds % 60'000'000'000;
  std::string seconds =
      trim_zeros(fmt::format("{}.{:09}", rest / 1'000'000'000, rest % 1'000'000'000)) + "s";
  if (minutes == 0) return seconds;
  if (minutes < 60) return fmt::format("{}m{}", minutes, seconds);
  return fmt::format("{}h{}m{}", minutes / 60, minutes % 60, seconds);
}

}  // namespace cairn::dockerfile
