// SPDX-License-Identifier: Apache-2.0
//
// Read the list from top to bottom: each operation is where the kernel, or a later operation, needs
// it, with the reason beside it. An insecure step keeps every right that its user namespace can
// give: nothing is masked, no filter is installed, and no capability is dropped.
#include "sandbox/internal/step_setup.h"

namespace cairn::sandbox {
namespace {

using enum Operation;

void refuse_what_is_missing(const IsolationPlan& plan) {
  if (plan.root_entry != RootEntry::kPivotRoot) {
    throw Error(ErrorKind::kBug, "a step can enter its root by pivot_root alone");
  }
  if (plan.proc != ProcMount::kFresh) {
    throw Error(ErrorKind::kBug, "a step can have a fresh /proc alone");
  }
  if (plan.devices != DeviceNodes::kCloned) {
    throw Error(ErrorKind::kBug, "a step can have the launcher's device nodes alone");
  }
}

// The process is in the launcher's bare root. Each of /proc, /sys and /dev becomes the working
// directory when it is mounted, and the following operations name files relative to it.
void add_mounts(StepSetup& setup, const SandboxSpec& spec) {
  setup.push_back({kAttachRoot});
  // /proc first, while the launcher's is visible: the kernel mounts a new proc only for a process
  // that can see one.
  setup.push_back({kMountProc});
  if (!spec.insecure) setup.push_back({kMaskProc});
  setup.push_back({kMountSys});
  if (!spec.insecure) setup.push_back({kMaskSys});
  for (Operation part : {kMountDev, kMountPts, kMountShm, kMountMqueue, kLinkDev}) {
    setup.push_back({part});
  }
  setup.push_back({kOpenNullStreams});  // in /dev
  // After those three, because a target may be in any of them.
  for (std::size_t i = 0; i < spec.mounts.size(); ++i) setup.push_back({kMountExtra, i});
}

// From the bare root into the step's own root.
void add_entry(StepSetup& setup, const SandboxSpec& spec) {
  // Both are resolved inside the root while we can still make directories in it.
  setup.push_back({kOpenCwd});
  setup.push_back({kFindUser});
  // After all mount points and the working directory were made.
  if (spec.read_only_root) setup.push_back({kMakeReadOnly});
  setup.push_back({kEnterRoot});
  setup.push_back({kEnterCwd});
}

void add_surroundings(StepSetup& setup, const IsolationPlan& plan, const SandboxSpec& spec) {
  setup.push_back({kHostname});
  if (plan.network == NetworkEntry::kNew) setup.push_back({kLoopback});
  // While CAP_SYS_ADMIN is held; then Landlock does not need no_new_privs.
  if (plan.landlock) setup.push_back({kAbstractSockets});
  // From here on the command's own streams are in place. They are given to the user while we may
  // still change owners. Only a session leader can take a terminal.
  setup.push_back({kTakeStreams});
  setup.push_back({kStreamOwner});
  setup.push_back({kSession});
  if (spec.tty) setup.push_back({kTerminal});
}

void add_process(StepSetup& setup, const IsolationPlan& plan, const SandboxSpec& spec) {
  for (std::size_t i = 0; i < spec.rlimits.size(); ++i) setup.push_back({kRlimit, i});
  setup.push_back({kResetProcess});
  // Only 0, 1 and 2 survive the exec. Until then errors still have their pipe.
  setup.push_back({kCloseDescriptors});
  // The bounding set and the filter need rights that changing ids gives up. For uid 0 capabilities
  // must be reduced explicitly; for other users the kernel clears them at setresuid(2).
  setup.push_back({spec.insecure ? kKeepCapabilities : kLimitCapabilities});
  if (plan.filter == SyscallFilter::kNotifying) setup.push_back({kFilter});
  setup.push_back({kBecomeUser});
  setup.push_back({kHoldCapabilities});
}

}  // namespace

StepSetup plan_setup(const IsolationPlan& plan, const SandboxSpec& spec) {
  refuse_what_is_missing(plan);
  StepSetup setup;
  add_mounts(setup, spec);
  add_entry(setup, spec);
  add_surroundings(setup, plan, spec);
  add_process(setup, plan, spec);
  return setup;
}

}  // namespace cairn::sandbox
