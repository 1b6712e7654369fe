// SPDX-License-Identifier: Apache-2.0
//
// Values inside the options of RUN (--mount, --device), where they are more than text.
#pragma once

#include <string_view>

#include "base/error.h"

namespace cairn::dockerfile {

// Go's strconv.ParseBool; throws kDockerfile naming `key`.
inline bool parse_bool(std::string_view key, std::string_view value) {
  for (std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (value == yes) return true;
  }
  for (std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (value == no) return false;
  }
  throw Error::of(ErrorKind::kDockerfile, "invalid value for {}: {}", key, value);
}

}  // namespace cairn::dockerfile
