// SPDX-License-Identifier: Apache-2.0
//
// A rough reading of the text of RUN, good enough for advice: the commands that it names. It is not
// a shell; what it does not understand stays as words. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/instruction.h"

namespace cairn::dockerfile {

using ShellCommand = std::vector<std::string>;  // its words without quotes; never empty

// Splits at unquoted ; & | && || and line ends.
std::vector<ShellCommand> shell_commands(std::string_view text);

// The whole text of RUN: the line, or the words of its exec form, and the bodies of its heredocs.
std::string text_of(const Run& run);

// Whether the body of a heredoc is a sequence of commands without `set -e`.
bool goes_on_after_failure(std::string_view body);

// Whether `name` occurs as a whole word.
bool mentions(std::string_view text, std::string_view name);

}  // namespace cairn::dockerfile
