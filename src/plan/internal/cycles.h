// SPDX-License-Identifier: Apache-2.0
//
// Finds stages that take files from each other in a cycle.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "plan/internal/stage_state.h"

namespace cairn::plan {

struct CycleStep {
  const StageState* stage = nullptr;
  const StageState* source = nullptr;  // takes files from this one
  SourceSpan span = {};                // of the instruction that takes them
};
using Cycle = std::vector<CycleStep>;

// The first cycle in the order of the file; nullopt if there is none.
std::optional<Cycle> find_cycle(const std::deque<StageState>& stages);

}  // namespace cairn::plan
