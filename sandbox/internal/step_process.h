// SPDX-License-Identifier: Apache-2.0
//
// The step's own process, from its first instruction in new namespaces to the exec of the user's
// command.
#pragma once

#include <signal.h>

#include "sandbox/internal/step_request.h"
#include "sandbox/internal/step_setup.h"

namespace cairn::sandbox {

// Carries out `setup` and executes the command. Runs as pid 1 of the new pid namespace, with its
// ids mapped, in the launcher's memory, of which it changes nothing but what malloc gives it.
[[noreturn]] void become_step(StepRequest request, const StepSetup& setup,
                              const StepDefaults& world);

// The signals the launcher ignores; all others have their default action.
constexpr int kIgnoredByLauncher[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

}  // namespace cairn::sandbox
