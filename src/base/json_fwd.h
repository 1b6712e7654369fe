// SPDX-License-Identifier: Apache-2.0
//
// The name of a JSON value, for headers that only pass one on: the whole of it costs every file
// that includes it a second of compile time.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace cairn {

using Json = nlohmann::json;

}  // namespace cairn
