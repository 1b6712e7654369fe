// SPDX-License-Identifier: Apache-2.0
//
// Points in time as images and caches need them, and the clock as an interface for tests.
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
// The clock by which the kernel stamps files: it moves in steps of some milliseconds, and is never
// ahead of now().
Timestamp file_clock();
double monotonic_seconds();  // for durations only

// RFC 3339 as Go's time.RFC3339Nano prints it in UTC: "2024-02-29T12:00:00.5Z".
std::string to_rfc3339(Timestamp time);
// RFC 3339 with any offset; nothing when it is malformed.
std::optional<Timestamp> parse_rfc3339(std::string_view text);

// An HTTP-date in its usual form (RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT"), in seconds;
// nothing when it is malformed.
std::optional<std::int64_t> find_http_date(const std::string& text);

// "3 minutes", "2 weeks": how long ago, in docker's words (units.HumanDuration).
std::string human_duration(double seconds);

}  // namespace cairn
