// SPDX-License-Identifier: Apache-2.0
//
// The launcher's own root: a tmpfs with the little that steps need from the host, and nothing else.
// A step starts as a copy of the launcher's mount namespace. A small one is copied and torn down
// quickly, and between clone and pivot_root nothing of the host is reachable.
//
//   /proc   of the launcher's pid namespace, whole: the kernel lets a user namespace mount a new
//           proc only while it can see one
//   /sys    without its submounts, where we may have that
//   /dev    null zero full random urandom tty, as bound files on read-only mounts
//   /empty  an empty read-only directory, for masking others
//   /root   where a step attaches its root
#pragma once

#include "sandbox/internal/operations.h"
#include "sandbox/isolation_plan.h"

namespace cairn::sandbox {

// Moves the calling process into such a root, with a mount namespace and a cgroup namespace of its
// own. Throws kBug if the plan does not use pivot_root(2).
void enter_bare_root(const LauncherPlan& plan, Notes& notes);

}  // namespace cairn::sandbox
