// SPDX-License-Identifier: Apache-2.0
//
// The stages of a file and what each depends on. Everything that can be wrong with names, numbers,
// order and cycles is found here, before any image is looked up.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "dockerfile/dockerfile.h"
#include "dockerfile/lint.h"
#include "plan/build_options.h"
#include "plan/internal/stage_state.h"

namespace cairn::plan {

class StageGraph {
 public:
  StageGraph(const dockerfile::Dockerfile& file, const BuildOptions& options,
             const Environment& globals, dockerfile::Linter& linter);

  // The stage that --target names, or the last one.
  StageState& target();
  // The target and all it needs: in the order of the file, images and contexts first.
  std::vector<StageState*> reachable(StageState& target);
  std::vector<StageState*> all();  // in the same order
  // Puts the triggers of the base before the stage's own instructions.
  void bind_triggers(StageState& stage, const std::vector<std::string>& triggers);
  // Throws for a stage that takes files from one below it, and for a --from that is probably a typo
  // of a stage's name.
  void check_sources(const StageState& stage) const;

  std::vector<std::string> names() const;  // of the stages that have one

 private:
  void add_stage(const dockerfile::Stage& stage, const Environment& globals,
                 dockerfile::Linter& linter);
  void set_base(StageState& state);
  void bind(BoundInstruction& bound);
  StageState* stage_of_context(const StageState& state);
  StageState* find(const std::string& name);
  StageState* source_of_copy(const dockerfile::Copy& copy);
  StageState* outside(const std::string& name, const SourceSpan& span);
  void check_cycles() const;

  const dockerfile::Dockerfile& file_;
  const BuildOptions& options_;
  std::deque<StageState> stages_;               // of the file; addresses are kept
  std::deque<StageState> outside_;              // images and contexts named by --from
  std::map<std::string, StageState*> by_name_;  // the last one of a name
  bool has_outside_mounts_ = false;
};

// The context that stands in for a stage or image of this name; never for scratch and context.
std::optional<std::string> find_context(const BuildOptions& options, const std::string& name,
                                        const oci::Platform& platform);

}  // namespace cairn::plan
