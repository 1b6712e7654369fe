// SPDX-License-Identifier: Apache-2.0
//
// Points in time as images and caches need them, in UTC. Pure functions except for the three
// clocks.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

// Nanoseconds since 1970-01-01 UTC, without leap seconds; nanos is 0..999999999.
struct Timestamp {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;

  auto operator<=>(const Timestamp&) const = default;
};

Timestamp now();
// The clock that the kernel stamps files with. It advances in steps of some milliseconds, and is
// never ahead of now().
Timestamp file_clock();
double monotonic_seconds();  // for durations only

// RFC 3339 as Go's time.RFC3339Nano prints it in UTC: "2024-02-29T12:00:00.5Z".
std::string to_rfc3339(Timestamp time);
// Reads RFC 3339 with any offset. nullopt when it is malformed.
std::optional<Timestamp> parse_rfc3339(std::string_view text);

// Reads an HTTP-date in its preferred form (RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT").
// Seconds since 1970; nullopt when it is malformed.
std::optional<std::int64_t> find_http_date(const std::string& text);

// "3 minutes", "2 weeks": an age in docker's words (go-units, HumanDuration).
std::string human_duration(double seconds);

}  // namespace cairn
