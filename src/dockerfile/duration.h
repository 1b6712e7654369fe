// SPDX-License-Identifier: Apache-2.0
//
// Durations in Go's notation, as HEALTHCHECK takes them and histories print them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::dockerfile {

// "1h30m", "1.5s", "300ms", "0" to nanoseconds. Throws kDockerfile.
std::int64_t parse_duration(std::string_view text);
// Nanoseconds as Go prints a time.Duration: "0s", "1m30s", "300ms", "1.5s".
std::string format_duration(std::int64_t nanoseconds);

}  // namespace cairn::dockerfile
