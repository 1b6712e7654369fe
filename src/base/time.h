// SPDX-License-Identifier: Apache-2.0
//
// Points in time as images and caches need them, in UTC. Pure functions except for the three
// clocks.
#pragma once

#include <compare>
#include <cstdint>
#include <ctime>
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

// The upper bound that SOURCE_DATE_EPOCH puts on the times of files in new layers: a later time
// becomes the bound, any other stays as it is. The bound is in whole seconds, as times in a layer
// are. Without a bound, all times stay.
class Clamp {
 public:
  Clamp() = default;
  explicit Clamp(std::optional<Timestamp> latest) {
    if (latest) seconds_ = latest->seconds;
  }
  // `seconds` since 1970, as the database has it.
  static Clamp at(std::int64_t seconds) { return Clamp(Timestamp{.seconds = seconds}); }

  Timestamp apply(Timestamp time) const {
    return seconds_ && time.seconds > *seconds_ ? Timestamp{.seconds = *seconds_} : time;
  }
  std::optional<std::int64_t> seconds() const { return seconds_; }

  auto operator<=>(const Clamp&) const = default;

 private:
  std::optional<std::int64_t> seconds_;
};

inline Timestamp whole_seconds(Timestamp time) {
  return {.seconds = time.seconds};
}
inline Timestamp timestamp_of(const timespec& time) {
  return {.seconds = time.tv_sec, .nanos = static_cast<std::int32_t>(time.tv_nsec)};
}
inline timespec to_timespec(Timestamp time) {
  return {.tv_sec = time.seconds, .tv_nsec = time.nanos};
}

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
// nullopt when it is malformed.
std::optional<Timestamp> find_http_date(const std::string& text);

// "3 minutes", "2 weeks": an age in docker's words (go-units, HumanDuration).
std::string human_duration(double seconds);

}  // namespace cairn
