// SPDX-License-Identifier: Apache-2.0
//
// One record of comma-separated values, as options such as --mount and --secret are written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace cairn {

// The fields of `text`. A quoted field may hold commas, and a doubled quote in it is a quote.
// Throws an Error of `kind` that names `what` is parsed: "failed to parse csv mounts: unclosed
// quote".
std::vector<std::string> parse_csv(std::string_view text, ErrorKind kind, std::string_view what);

}  // namespace cairn
