// SPDX-License-Identifier: Apache-2.0
//
// JSON as the house reads and writes it: values of nlohmann-json, keys ordered by name, one bounded
// reader for foreign bytes and one canonical writer for bytes that get a digest.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/json_fwd.h"

namespace cairn {

// Parses untrusted text. Throws kCorrupt naming `what` when it is not JSON or nests deeper than 64.
Json parse_json(std::string_view text, std::string_view what);

// The one spelling of a value: no spaces, keys sorted, UTF-8 kept as it is.
std::string canonical(const Json& value);

}  // namespace cairn
