// SPDX-License-Identifier: Apache-2.0
//
// The launcher's own side: its bare world, its loop, and the making of a step's namespaces.
#pragma once

#include <sys/resource.h>

#include "base/sys/fd.h"
#include "base/sys/process.h"
#include "sandbox/builder_namespace.h"

namespace cairn::sandbox {

// On a step's channel the launcher sends its pid with a pidfd, and at the end this.
struct StepEnd {
  sys::ExitStatus status;
  rusage usage;
};

// Serves requests until the builder's end of `control` closes; then kills what runs, and exits.
[[noreturn]] void run_launcher(sys::Fd control, const BuilderNamespace& builder);

}  // namespace cairn::sandbox
