// SPDX-License-Identifier: Apache-2.0
//
// What a program needs to run that is no part of it: the usual reason why a file that is there is
// "not found".
#pragma once

#include <optional>
#include <string>

#include "base/sys/fd.h"

namespace cairn::sandbox {

// The loader of a dynamic ELF program or the interpreter behind "#!"; nothing for other files.
std::optional<std::string> interpreter_of(const sys::Fd& file);

}  // namespace cairn::sandbox
