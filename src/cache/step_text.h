// SPDX-License-Identifier: Apache-2.0
//
// The step behind a cache record, for people: what its key's inputs say.
#pragma once

#include <string>

namespace cairn::cache {

// The op's name ("run", "copy", "git" ...), or "" for inputs that are no step's. `inputs` is
// CacheKey::to_json() as text.
std::string step_op(const std::string& inputs);

// "RUN make", "COPY src /app" on one line; "" for inputs that are no step's.
std::string step_text(const std::string& inputs);

}  // namespace cairn::cache
