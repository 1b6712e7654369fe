// SPDX-License-Identifier: Apache-2.0
//
// Explains the exit status of a step, and why a shell reports "not found" for a program that
// exists.
#pragma once

#include <string>
#include <vector>

#include "base/sys/process.h"
#include "base/sys/root_dir.h"

namespace cairn::solver {

// "exit code: 42", followed by the signal's name if a signal ended the command. A shell's status of
// 128 + N counts as signal N.
std::string exit_text(sys::ExitStatus status);

// For a shell's exit codes 126 and 127: names a program in the command's text that exists while its
// interpreter or ELF loader does not. "" if none is found.
std::string explain_not_found(const sys::RootDir& root, const std::vector<std::string>& argv,
                              const std::vector<std::string>& env, const std::string& cwd);

}  // namespace cairn::solver
