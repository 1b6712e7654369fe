// SPDX-License-Identifier: Apache-2.0
//
// Describes the step behind a cache record for users, from the inputs of its key.
#pragma once

#include <string>

namespace cairn::cache {

// The op's name ("run", "copy", "git" ...), or "" if the record is not a step's. `inputs` is the
// text of a StepRecord (record.h).
std::string step_op(const std::string& inputs);

// "RUN make" or "COPY src /app", on one line; "" if the record is not a step's.
std::string describe_record(const std::string& inputs);

}  // namespace cairn::cache
