// SPDX-License-Identifier: Apache-2.0
//
// A joined line to keyword, flags and arguments. Each instruction has one of six argument shapes;
// unknown keywords parse too, and are refused when they get a meaning.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/syntax.h"

namespace cairn::dockerfile {

// Fills keyword, flags, args, json, trigger and original. Throws kDockerfile without a span.
Node parse_line(std::string_view line, char escape);

// Words apart by white space that is neither quoted nor escaped; quotes and escapes stay.
std::vector<std::string> parse_words(std::string_view text, char escape);

}  // namespace cairn::dockerfile
