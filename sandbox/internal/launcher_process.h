// SPDX-License-Identifier: Apache-2.0
//
// The launcher's side: its bare root, its loop, and the making of a step's namespaces.
#pragma once

#include <optional>

#include "base/error.h"
#include "base/sys/fd.h"

namespace cairn::sandbox {

// Serves requests until the builder's end of `control` closes; then kills all steps and exits. With
// `broken` set, answers each request with that error.
[[noreturn]] void run_launcher(sys::Fd control, std::optional<Error> broken);

// Runs in the forked child, which still has a copy of the builder's memory, and executes our
// program again. If that fails, the child stays and answers each request with the reason.
[[noreturn]] void execute_launcher(sys::Fd control);

}  // namespace cairn::sandbox
