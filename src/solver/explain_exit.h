// SPDX-License-Identifier: Apache-2.0
//
// What the exit status of a step means, and why a program that is there "was not found".
#pragma once

#include <string>
#include <vector>

#include "base/sys/process.h"
#include "base/sys/root_dir.h"

namespace cairn::solver {

// "exit code: 42"; of a death by signal also the signal, the shell's 128 + N among them.
std::string exit_text(sys::ExitStatus status);

// For a shell's 126 and 127: which program in the text of the command is there, while the
// interpreter or loader that it needs is not. "" when nothing is known.
std::string explain_not_found(const sys::RootDir& root, const std::vector<std::string>& argv,
                              const std::vector<std::string>& env, const std::string& cwd);

}  // namespace cairn::solver
