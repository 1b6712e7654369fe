// SPDX-License-Identifier: Apache-2.0
//
// What stands between our terminal and the one of a command under `run -t`.
#pragma once

#include "base/sys/fd.h"

namespace cairn::cli {

// Passes bytes both ways until the other side of `master` is closed; the command's terminal follows
// the size of ours. `until` is readable at the end of the command.
void relay_terminal(const sys::Fd& master, const sys::Fd& until, bool with_input);

}  // namespace cairn::cli
