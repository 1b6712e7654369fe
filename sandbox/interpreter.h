// SPDX-License-Identifier: Apache-2.0
//
// What a program needs to run besides its own file: the usual reason why an existing file is "not
// found".
#pragma once

#include <optional>
#include <string>

#include "base/sys/fd.h"

namespace cairn::sandbox {

// The loader of a dynamic ELF program, or the interpreter after "#!"; nullopt for other files.
std::optional<std::string> interpreter_of(const sys::Fd& file);

}  // namespace cairn::sandbox
