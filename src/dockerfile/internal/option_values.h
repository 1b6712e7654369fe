// SPDX-License-Identifier: Apache-2.0
//
// Typed values in the options of RUN (--mount, --device).
#pragma once

#include <string_view>

#include "base/error.h"

namespace cairn::dockerfile {

// Parses as Go's strconv.ParseBool. Throws kDockerfile naming `key`, without a span.
inline bool parse_bool(std::string_view key, std::string_view value) {
  for (std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (value == yes) return true;
  }
  for (std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (value == no) return false;
  }
  throw dockerfile_error("invalid value for {}: {}", key, value);
}

}  // namespace cairn::dockerfile
