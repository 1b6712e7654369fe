// SPDX-License-Identifier: Apache-2.0
//
// What a step's process is given: by the launcher, the same for all steps, and by the builder, for
// this one.
#pragma once

#include "base/sys/fd.h"
#include "base/sys/mount.h"
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

}  // namespace cairn::sandbox
