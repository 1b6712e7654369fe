// SPDX-License-Identifier: Apache-2.0
//
// Go's filepath.Match, which BuildKit uses for the wildcards of COPY (C06). `*` and `?` do not
// match "/", `[...]` is a class with ranges and a leading `^`, `\` escapes. A malformed pattern
// matches nothing. The time is at most the length of the pattern times that of the name. Pure
// functions.
#pragma once

#include <string_view>

namespace cairn {

// Whether all of `name` matches.
bool match_path(std::string_view pattern, std::string_view name);
// Whether the pattern is well-formed (Go: no path/filepath.ErrBadPattern): every class is closed
// and not empty, and no `\` is the last character.
bool is_path_pattern(std::string_view pattern);

}  // namespace cairn
