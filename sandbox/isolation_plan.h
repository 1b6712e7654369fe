// SPDX-License-Identifier: Apache-2.0
//
// How steps are isolated on this host, as values. The rungs say what the host allows (rungs.h), and
// two pure functions turn them into plans: one for the launcher's own root, one for each step. All
// code that makes namespaces, mounts or restrictions follows a plan and never asks for a rung, so a
// new rung is one more case in isolation_plan.cc.
//
// Only rung S0 has plans: choose() refuses hosts with any other, and these functions throw kBug.
// The enumerations also name what the other rungs will need. Values that nothing implements yet are
// refused with kBug: by plan_setup() for a step, by enter_bare_root() for the launcher.
#pragma once

#include "sandbox/rungs.h"
#include "sandbox/spec.h"

namespace cairn::sandbox {

// How a process enters its root. Only pivot_root(2) leaves nothing of the old root reachable.
enum class RootEntry { kPivotRoot, kMoveMount, kChroot };

// A step's /proc: that of its own pid namespace, the outer one, or none.
enum class ProcMount { kFresh, kBound, kNone };

// Device nodes in a step's /dev: the launcher's clones on read-only mounts (bare_root.cc), the
// host's own, or none.
enum class DeviceNodes { kCloned, kBound, kNone };

enum class NetworkEntry {
  kShared,   // the builder's
  kNew,      // a new namespace with nothing up yet
  kEntered,  // an existing one, StepFds::network: the step is cloned inside it
};

// The filter of system calls (seccomp.h).
enum class SyscallFilter {
  kNone,
  kNotifying,  // its listener is notified of mknod(2), see refused_nodes.h
};

struct IsolationPlan {
  int namespaces = 0;  // CLONE_NEW* flags of clone(2)
  RootEntry root_entry = RootEntry::kPivotRoot;
  ProcMount proc = ProcMount::kFresh;
  DeviceNodes devices = DeviceNodes::kCloned;
  NetworkEntry network = NetworkEntry::kShared;
  // Landlock denies abstract sockets that are not the step's own, if the kernel can.
  bool landlock = false;
  SyscallFilter filter = SyscallFilter::kNotifying;

  bool operator==(const IsolationPlan&) const = default;
};

enum class SysMount {
  kFresh,  // a new mount, without anything mounted below the host's
  kBound,  // the host's, with everything mounted below it
};

// The launcher's own root, from which all steps start.
struct LauncherPlan {
  RootEntry root_entry = RootEntry::kPivotRoot;
  SysMount sys = SysMount::kFresh;

  bool operator==(const LauncherPlan&) const = default;
};

IsolationPlan plan_isolation(const Rungs& rungs, const SandboxSpec& spec);
LauncherPlan plan_launcher(const Rungs& rungs);

}  // namespace cairn::sandbox
