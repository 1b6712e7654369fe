// SPDX-License-Identifier: Apache-2.0
//
// Connects our terminal with the pseudo-terminal of a command under `run -t`.
#pragma once

#include "base/sys/fd.h"

namespace cairn::cli {

// Passes bytes both ways until the other side of `master` is closed; the command's terminal follows
// the size of ours. `until` becomes readable when the command ends. Returns false when our output
// has no reader any more: the caller then hangs up the command's terminal. Throws
// sys::unwritten_result() if our output fails for another reason.
bool relay_terminal(const sys::Fd& master, const sys::Fd& until, bool with_input);

}  // namespace cairn::cli
