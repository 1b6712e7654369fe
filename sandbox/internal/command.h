// SPDX-License-Identifier: Apache-2.0
//
// The last thing a step's process does: find the command inside the root it now lives in, and
// become it. What goes wrong here is the user's to mend, so it says what is missing, the
// interpreter of a script or the loader of a binary too.
#pragma once

#include <string>
#include <vector>

namespace cairn::sandbox {

// Searches PATH of `env` like runc does: only absolute directories, no shell as a fallback for a
// file that is no program. Throws kStep with the errno as code().
[[noreturn]] void run_command(const std::vector<std::string>& argv,
                              const std::vector<std::string>& env);

}  // namespace cairn::sandbox
