// SPDX-License-Identifier: Apache-2.0
//
// Stages that take files from each other in a circle.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "plan/internal/stage_state.h"

namespace cairn::plan {

struct CycleStep {
  const StageState* stage = nullptr;
  const StageState* source = nullptr;  // whose files it takes
  SourceSpan span = {};                // the instruction that does
};
using Cycle = std::vector<CycleStep>;

// The first circle in the order of the file, if there is one.
std::optional<Cycle> find_cycle(const std::deque<StageState>& stages);

}  // namespace cairn::plan
