// SPDX-License-Identifier: Apache-2.0
//
// A depth-first search with an explicit stack, since a file may chain any number of stages. Edges
// are COPY --from and RUN --mount; FROM only refers to stages above, so it makes no cycle.
#include "plan/internal/cycles.h"

#include <algorithm>
#include <set>

namespace cairn::plan {
namespace {

std::vector<CycleStep> steps_of(const StageState& stage) {
  std::vector<CycleStep> out;
  for (const BoundInstruction& bound : stage.instructions) {
    for (const StageState* source : bound.sources) {
      if (source == nullptr || !source->in_file) continue;
      out.push_back({.stage = &stage,
                     .source = source,
                     .span = dockerfile::origin_of(bound.instruction).span});
    }
  }
  return out;
}

struct Frame {
  std::vector<CycleStep> steps;
  std::size_t next = 0;
};

}  // namespace

std::optional<Cycle> find_cycle(const std::deque<StageState>& stages) {
  std::set<const StageState*> seen;
  for (const StageState& start : stages) {
    if (!seen.insert(&start).second) continue;
    std::set<const StageState*> on_path = {&start};
    std::vector<Frame> path = {{.steps = steps_of(start)}};
    std::vector<const StageState*> stage_path = {&start};
    while (!path.empty()) {
      Frame& frame = path.back();
      if (frame.next == frame.steps.size()) {
        on_path.erase(stage_path.back());
        stage_path.pop_back();
        path.pop_back();
        continue;
      }
      const StageState* source = frame.steps[frame.next++].source;
      if (on_path.contains(source)) {
        Cycle cycle;
        // The cycle is the part of the path from the stage that was met again.
        auto first = std::find(stage_path.begin(), stage_path.end(), source) - stage_path.begin();
        for (auto i = static_cast<std::size_t>(first); i < path.size(); ++i) {
          cycle.push_back(path[i].steps[path[i].next - 1]);
        }
        return cycle;
      }
      // Already searched without finding a cycle.
      if (!seen.insert(source).second) continue;
      on_path.insert(source);
      stage_path.push_back(source);
      path.push_back({.steps = steps_of(*source)});
    }
  }
  return std::nullopt;
}

}  // namespace cairn::plan
