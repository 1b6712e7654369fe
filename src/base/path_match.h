// SPDX-License-Identifier: Apache-2.0
//
// Go's filepath.Match, the matcher of COPY's wildcards (FEATURES C06): `*` and `?` stop at "/",
// `[...]` is a class with ranges and a leading `^`, `\` escapes. A malformed pattern matches
// nothing. Takes time in pattern times name at most.
#pragma once

#include <string_view>

namespace cairn {

bool match_path(std::string_view pattern, std::string_view name);

}  // namespace cairn
