// SPDX-License-Identifier: Apache-2.0
//
// JSON as cairn reads and writes it: values of nlohmann-json, whose keys are sorted by name; one
// bounded parser for foreign bytes, and one canonical writer for bytes that get a digest. Pure
// functions. The library's exceptions end here.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_fwd.h"

namespace cairn {

// Throws kCorrupt for nesting deeper than 64, and kLimit for more values than limits::kJsonValues.
// `what` names the text in messages.
void check_json_bounds(std::string_view text, std::string_view what);

// Parses untrusted text within these bounds. Throws kCorrupt naming `what` when it is not JSON.
Json parse_json(std::string_view text, std::string_view what);

// Returns what `work` returns, which takes a parsed value apart. Throws kCorrupt naming `what` when
// a member is missing or has another type.
template <typename Work>
auto reading_json(std::string_view what, Work&& work) {
  try {
    return work();
  } catch (const Json::exception& error) {
    throw Error::of(ErrorKind::kCorrupt, "{}: {}", what, error.what());
  }
}

// The only serialisation that gets a digest: no spaces, keys sorted, UTF-8 not escaped.
std::string canonical(const Json& value);

}  // namespace cairn
