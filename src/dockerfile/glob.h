// SPDX-License-Identifier: Apache-2.0
//
// The wildcards of COPY and ADD: Go's filepath.Match. "*" is any text without "/" (dot files too),
// "?" one character that is not "/", "[a-z]" and "[^a-z]" one of a set, "\" takes the next
// character as it is; there is no "**".
#pragma once

#include <string_view>

namespace cairn::dockerfile {

// A malformed pattern matches nothing. Time is bounded by the product of both lengths.
bool match_path(std::string_view pattern, std::string_view name);
bool is_valid_pattern(std::string_view pattern);
// Whether any character of the path is a wildcard; those behind "\" are not.
bool has_wildcard(std::string_view path);

}  // namespace cairn::dockerfile
