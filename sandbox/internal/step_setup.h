// SPDX-License-Identifier: Apache-2.0
//
// The set-up of a step as a list of operations: which ones, and in which order. A pure function of
// the plan and the spec, so the order is tested without a kernel. The launcher makes the list
// before the step is cloned; step_process.cc carries it out.
#pragma once

#include <cstddef>
#include <vector>

#include "sandbox/internal/operations.h"
#include "sandbox/isolation_plan.h"

namespace cairn::sandbox {

struct SetupOperation {
  Operation operation;
  std::size_t index = 0;  // for kMountExtra into spec.mounts, for kRlimit into spec.rlimits

  bool operator==(const SetupOperation&) const = default;
};
using StepSetup = std::vector<SetupOperation>;

// Throws kBug if no operation implements a part of the plan.
StepSetup plan_setup(const IsolationPlan& plan, const SandboxSpec& spec);

}  // namespace cairn::sandbox
