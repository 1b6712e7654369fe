// SPDX-License-Identifier: Apache-2.0
//
// The text of a status line, the same in all displays. Pure functions.
#pragma once

#include <string>

#include "progress/event.h"

namespace cairn::cli {

// " 3.15MB / 27.1MB 0.4s done": what follows the name of a status.
std::string describe(const progress::Status& status);
double seconds_between(Timestamp from, Timestamp to);

}  // namespace cairn::cli
