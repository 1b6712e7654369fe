// SPDX-License-Identifier: Apache-2.0
//
// Every decision about isolation is here. On S0, a step has a user namespace of its own on each
// identity rung, even under real root, so the rest does not depend on who we are.
#include "sandbox/isolation_plan.h"

#include <sched.h>

#include "base/error.h"

namespace cairn::sandbox {
namespace {

void require_s0(const Rungs& rungs) {
  if (rungs.isolation == Isolation::kS0) return;
  throw Error::of(ErrorKind::kBug, "steps of isolation {} have no plan", name(rungs.isolation));
}

NetworkEntry network_of(NetworkMode mode) {
  switch (mode) {
    case NetworkMode::kNone:
    case NetworkMode::kOwn: return NetworkEntry::kNew;
    case NetworkMode::kSlot: return NetworkEntry::kEntered;
    case NetworkMode::kHost:
    case NetworkMode::kHostClosed: break;
  }
  return NetworkEntry::kShared;
}

}  // namespace

IsolationPlan plan_isolation(const Rungs& rungs, const SandboxSpec& spec) {
  require_s0(rungs);
  IsolationPlan plan;
  plan.namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  plan.network = network_of(spec.network);
  if (plan.network == NetworkEntry::kNew) plan.namespaces |= CLONE_NEWNET;
  // Any other network namespace has no abstract sockets of other processes.
  plan.landlock = spec.network == NetworkMode::kHostClosed;
  plan.filter = spec.insecure ? SyscallFilter::kNone : SyscallFilter::kNotifying;
  return plan;
}

// Real root owns the network namespace and may mount a new sysfs, without debugfs, tracefs and
// whatever else is mounted below the host's. Others bind the whole: there, these belong to a root
// that we are not.
LauncherPlan plan_launcher(const Rungs& rungs) {
  require_s0(rungs);
  return {.root_entry = RootEntry::kPivotRoot,
          .sys = rungs.identity == Identity::kI0 ? SysMount::kFresh : SysMount::kBound};
}

}  // namespace cairn::sandbox
