// SPDX-License-Identifier: Apache-2.0
//
// A glance at the text of RUN, good enough for advice: which commands it names. It is no shell, and
// what it does not understand it passes on as words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/instruction.h"

namespace cairn::dockerfile {

using ShellCommand = std::vector<std::string>;  // its words, quotes gone; never empty

// Cut at ; & | && || and line ends that are not quoted.
std::vector<ShellCommand> shell_commands(std::string_view text);

// The whole text of RUN: the line, the words of its exec form, the bodies of its heredocs.
std::string text_of(const Run& run);

// Whether the body of a heredoc has several commands, one after the other, and no `set -e`.
bool goes_on_after_failure(std::string_view body);

// Whether a variable of this name is mentioned.
bool mentions(std::string_view text, std::string_view name);

}  // namespace cairn::dockerfile
