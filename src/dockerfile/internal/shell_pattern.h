// SPDX-License-Identifier: Apache-2.0
//
// The patterns of ${name#pattern} and its kin: "*" is any text, "?" any character, "\*", "\?" and
// "\\" stand for themselves. There are no bracket expressions.
#pragma once

#include <string>
#include <string_view>

namespace cairn::dockerfile {

enum class Reach { kShortest, kLongest };

// All throw kDockerfile for an escape that is none of the above.
std::string trim_prefix(std::string_view pattern, std::string_view value, Reach reach);
std::string trim_suffix(std::string_view pattern, std::string_view value, Reach reach);
// The replacement is taken literally, matches are as long as they can be.
std::string replace_first(std::string_view pattern, std::string_view value, std::string_view with);
std::string replace_all(std::string_view pattern, std::string_view value, std::string_view with);

}  // namespace cairn::dockerfile
