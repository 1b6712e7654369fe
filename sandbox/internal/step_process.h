// SPDX-License-Identifier: Apache-2.0
//
// The step's own process, from its first instruction in fresh namespaces to the exec of the user's
// command.
#pragma once

#include <signal.h>

#include "base/sys/fd.h"
#include "sandbox/id_map.h"
#include "sandbox/seccomp.h"
#include "sandbox/spec.h"

namespace cairn::sandbox {

// What the launcher knows before any request, the same for all steps.
struct StepWorld {
  IdMap uid_map;  // of a step's user namespace
  IdMap gid_map;
  bool may_set_groups = true;
  SeccompFilter filter;
};

struct StepRequest {
  SandboxSpec spec;
  StepFds fds;
  sys::Fd errors;   // takes a serialised Error; its end of file means that the command runs
  sys::Fd channel;  // the launcher's alone
};

// Runs as pid 1 of the new pid namespace, its ids mapped, in the launcher's memory, of which it
// changes nothing but what malloc gives it.
[[noreturn]] void become_step(StepRequest request, const StepWorld& world);

// The launcher ignores these and no others, whatever it was started with.
constexpr int kIgnoredByLauncher[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

}  // namespace cairn::sandbox
