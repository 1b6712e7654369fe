// SPDX-License-Identifier: Apache-2.0
//
// The formats of Go and docker, because configs, history and `docker images` show them. Dates are
// computed with the proleptic Gregorian calendar and not by mktime(3), which depends on the time
// zone of the host.
#include "base/time.h"

#include <fmt/format.h>
#include <time.h>

#include <cstdio>

#include "base/text.h"

namespace cairn {
namespace {

// Days from 1970-01-01 to a date: Howard Hinnant's days_from_civil. Years start in March, so that
// the leap day is the last of its year.
std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  year -= month <= 2;
  std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  std::int64_t year_of_era = year - era * 400;
  std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

int days_in_month(std::int64_t year, std::int64_t month) {
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

}  // namespace

Timestamp now() {
  timespec ts{};
  ::clock_gettime(CLOCK_REALTIME, &ts);
  return timestamp_of(ts);
}

Timestamp file_clock() {
  timespec ts{};
  // The clock of current_time() in the kernel, which stamps inodes.
  ::clock_gettime(CLOCK_REALTIME_COARSE, &ts);
  return timestamp_of(ts);
}

double monotonic_seconds() {
  timespec ts{};
  ::clock_gettime(CLOCK_MONOTONIC, &ts);
  return static_cast<double>(ts.tv_sec) + static_cast<double>(ts.tv_nsec) / 1e9;
}

std::string to_rfc3339(Timestamp time) {
  time_t seconds = time.seconds;
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::string fraction;
  if (time.nanos != 0) {
    fraction = fmt::format(".{:09}", time.nanos);
    while (fraction.back() == '0') fraction.pop_back();
  }
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     fraction);
}

std::optional<Timestamp> find_http_date(const std::string& text) {
  tm parts{};
  // The program never calls setlocale(3), so names of days and months are English.
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  std::int64_t hours =
      days_from_civil(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday) * 24 + parts.tm_hour;
  return Timestamp{.seconds = (hours * 60 + parts.tm_min) * 60 + parts.tm_sec};
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  auto number = [&](std::size_t at, std::size_t length) -> std::optional<std::int64_t> {
    if (text.size() < at + length) return std::nullopt;
    std::optional<std::uint64_t> value = parse_uint(text.substr(at, length));
    if (!value) return std::nullopt;
    return static_cast<std::int64_t>(*value);
  };
  auto year = number(0, 4), month = number(5, 2), day = number(8, 2);
  auto hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't' || text[13] != ':' ||
      text[16] != ':' || *month < 1 || *month > 12 || *day < 1 ||
      // A leap second, ":60", is accepted and counts as the next second.
      *day > days_in_month(*year, *month) || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  std::string_view rest = text.substr(19);
  std::int32_t nanos = 0;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    int digits = 0;
    for (; !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; rest.remove_prefix(1), ++digits) {
      // Digits beyond nanoseconds are read and dropped, as Go does.
      if (digits < 9) nanos = nanos * 10 + (rest[0] - '0');
    }
    if (digits == 0) return std::nullopt;
    // ".5" is 500 million nanoseconds.
    for (; digits < 9; ++digits) nanos *= 10;
  }
  std::int64_t offset = 0;
  if (rest != "Z" && rest != "z") {
    std::size_t at = text.size() - rest.size();
    auto hours = number(at + 1, 2), minutes = number(at + 4, 2);
    if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':' || !hours ||
        !minutes) {
      return std::nullopt;
    }
    offset = (*hours * 60 + *minutes) * (rest[0] == '-' ? -60 : 60);
  }
  std::int64_t days = days_from_civil(*year, static_cast<int>(*month), static_cast<int>(*day));
  return Timestamp{.seconds = ((days * 24 + *hour) * 60 + *minute) * 60 + *second - offset,
                   .nanos = nanos};
}

std::string human_duration(double seconds) {
  auto whole = static_cast<std::int64_t>(seconds);
  if (whole < 1) return "Less than a second";
  if (whole == 1) return "1 second";
  if (whole < 60) return fmt::format("{} seconds", whole);
  std::int64_t minutes = whole / 60;
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return fmt::format("{} minutes", minutes);
  std::int64_t hours = (whole + 1800) / 3600;
  if (hours == 1) return "About an hour";
  if (hours < 48) return fmt::format("{} hours", hours);
  std::int64_t days = hours / 24;
  if (days < 14) return fmt::format("{} days", days);
  if (days < 60) return fmt::format("{} weeks", days / 7);
  if (days < 730) return fmt::format("{} months", days / 30);
  return fmt::format("{} years", days / 365);
}

}  // namespace cairn
