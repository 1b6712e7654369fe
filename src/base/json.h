// SPDX-License-Identifier: Apache-2.0
//
// JSON as cairn reads and writes it: values of nlohmann-json, whose keys are sorted by name; one
// bounded parser for foreign bytes, and one canonical writer for bytes that get a digest. Pure
// functions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/json_fwd.h"

namespace cairn {

// Throws kCorrupt for nesting deeper than 64, and kLimit for more values than limits::kJsonValues.
// `what` names the text in messages.
void check_json_bounds(std::string_view text, std::string_view what);

// Parses untrusted text within these bounds. Throws kCorrupt naming `what` when it is not JSON.
Json parse_json(std::string_view text, std::string_view what);

// The only serialisation that gets a digest: no spaces, keys sorted, UTF-8 not escaped.
std::string canonical(const Json& value);

}  // namespace cairn
