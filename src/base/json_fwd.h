// SPDX-License-Identifier: Apache-2.0
//
// Declares Json for headers that only pass one on. Including all of nlohmann-json costs each file a
// second of compile time.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace cairn {

using Json = nlohmann::json;

}  // namespace cairn
