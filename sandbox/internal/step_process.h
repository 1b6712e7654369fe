// SPDX-License-Identifier: Apache-2.0
//
// The step's own process, from its first instruction in new namespaces to the exec of the user's
// command.
#pragma once

#include <signal.h>

#include "base/sys/fd.h"
#include "sandbox/id_map.h"
#include "sandbox/internal/step_setup.h"
#include "sandbox/isolation_plan.h"
#include "sandbox/seccomp.h"
#include "sandbox/spec.h"

namespace cairn::sandbox {

// What the launcher knows before any request; the same for all steps.
struct StepDefaults {
  Rungs rungs;    // identity and isolation
  IdMap uid_map;  // of a step's user namespace
  IdMap gid_map;
  bool may_set_groups = true;
  SeccompFilter filter;
  Notes notes;  // what the launcher itself could not have
};

// A RunRequest with the step's own handles.
struct StepRequest {
  SandboxSpec spec;
  IsolationPlan plan;
  StepFds fds;
  sys::MountTree sysfs;  // for a kSlot step, that of its network; empty otherwise or if refused
  sys::Fd errors;        // for the report, see launcher_protocol.h
  sys::Fd launcher;      // for the FilterListener
};

// Carries out `setup` and executes the command. Runs as pid 1 of the new pid namespace, with its
// ids mapped, in the launcher's memory, of which it changes nothing but what malloc gives it.
[[noreturn]] void become_step(StepRequest request, const StepSetup& setup,
                              const StepDefaults& world);

// The signals the launcher ignores; all others have their default action.
constexpr int kIgnoredByLauncher[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

}  // namespace cairn::sandbox
