// SPDX-License-Identifier: Apache-2.0
//
// Writes to standard error: progress, messages and questions. A failed write is ignored: a command
// goes on without its messages.
#pragma once

#include <string_view>

namespace cairn::cli {

// Our own text, or foreign text that was made legible.
void write_to_stderr(std::string_view text);

}  // namespace cairn::cli
