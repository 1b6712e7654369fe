// SPDX-License-Identifier: Apache-2.0
//
// Durations in Go's notation, as HEALTHCHECK takes them and history texts show them. Values are
// nanoseconds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::dockerfile {

// Parses "1h30m", "1.5s", "300ms", "0". Throws kDockerfile without a span.
std::int64_t parse_duration(std::string_view text);
// Formats as Go prints a time.Duration: "0s", "1m30s", "300ms", "1.5s".
std::string format_duration(std::int64_t nanoseconds);

}  // namespace cairn::dockerfile
