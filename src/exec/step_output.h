// SPDX-License-Identifier: Apache-2.0
//
// Forwards the output of a running command.
#pragma once

#include <functional>
#include <string_view>

#include "base/sys/fd.h"
#include "progress/event.h"

namespace cairn::exec {

// Passes both streams to `take` until the command and all its children have closed them. `out` and
// `err` are the read ends. Blocks; `take` is called on this thread.
void forward_output(sys::Fd out, sys::Fd err,
                    const std::function<void(progress::Stream, std::string_view)>& take);

}  // namespace cairn::exec
