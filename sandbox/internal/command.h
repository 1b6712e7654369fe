// SPDX-License-Identifier: Apache-2.0
//
// The last thing a step's process does: find the command inside its root and execute it. What fails
// here is for the user to fix, so the error says what is missing, including the interpreter of a
// script or the loader of a binary.
#pragma once

#include <string>
#include <vector>

namespace cairn::sandbox {

// Searches PATH of `env` as runc does: only absolute directories, and no shell as a fallback for a
// file that is not executable. Throws kStep with the errno as code().
[[noreturn]] void run_command(const std::vector<std::string>& argv,
                              const std::vector<std::string>& env);

}  // namespace cairn::sandbox
