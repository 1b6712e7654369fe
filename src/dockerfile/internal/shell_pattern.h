// SPDX-License-Identifier: Apache-2.0
//
// The patterns of ${name#pattern} and the like: "*" matches any text, "?" any character; "\*", "\?"
// and "\\" are literal. There are no bracket expressions. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::dockerfile {

enum class Reach { kShortest, kLongest };

// All throw kDockerfile, without a span, for any other escape, and when more than
// limits::kPatternWork comparisons would be needed.
std::string trim_prefix(std::string_view pattern, std::string_view value, Reach reach);
std::string trim_suffix(std::string_view pattern, std::string_view value, Reach reach);
// The replacement is literal, and matches are as long as possible. Throws kDockerfile for a result
// larger than `limit` bytes.
std::string replace_first(std::string_view pattern, std::string_view value, std::string_view with,
                          std::size_t limit = SIZE_MAX);
std::string replace_all(std::string_view pattern, std::string_view value, std::string_view with,
                        std::size_t limit = SIZE_MAX);

}  // namespace cairn::dockerfile
