// SPDX-License-Identifier: Apache-2.0
//
// The result of a command, on standard output. Nothing else writes there, apart from archives
// (sys::OutputFile) and the command of `cairn run`. A command does not check whether its lines were
// written and goes on with its work; main checks once at the end. Not thread-safe.
#pragma once

#include <string_view>

namespace cairn::cli {

// Prints our own text, or foreign text that was made legible. A single answer is printed in one
// call, so that a reader that stops at the word it wants (`grep -q`) has read all of it.
void print_result(std::string_view text);
// Prints foreign text. Programs get the bytes as they are; only on a terminal they are made
// legible.
void print_foreign_result(std::string_view text);

// Throws sys::unwritten_result() for the first write that failed.
void check_results();

}  // namespace cairn::cli
