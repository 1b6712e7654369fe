// SPDX-License-Identifier: Apache-2.0
//
// The output of a command while it runs.
#pragma once

#include <functional>
#include <string_view>

#include "base/sys/fd.h"
#include "progress/event.h"

namespace cairn::solver {

// Passes both streams on until the command, and all it started, has closed them. `out` and `err`
// are the ends that read.
void forward_output(sys::Fd out, sys::Fd err,
                    const std::function<void(progress::Stream, std::string_view)>& take);

}  // namespace cairn::solver
