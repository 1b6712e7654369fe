// SPDX-License-Identifier: Apache-2.0
//
// The stages of a file and their dependencies. Errors of names, numbers, order and cycles are found
// here, before any image is resolved.
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
  // Throws kDockerfile with a span. Borrows `file` and `options`.
  StageGraph(const dockerfile::Dockerfile& file, const BuildOptions& options,
             const Environment& globals, dockerfile::Linter& linter);

  // The stage that --target names, or the last one. Throws kDockerfile if there is none.
  StageState& target();
  // The target and all that it needs, in the order of the file, with images and contexts first.
  std::vector<StageState*> reachable(StageState& target);
  std::vector<StageState*> all();  // in the same order
  // Inserts the triggers of the base before the stage's own instructions.
  void bind_triggers(StageState& stage, const std::vector<std::string>& triggers);
  // Throws kDockerfile for a stage that takes files from a later one, and for a --from that is
  // probably a misspelt stage name.
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
  std::deque<StageState> stages_;               // of the file; a deque keeps addresses valid
  std::deque<StageState> outside_;              // images and contexts named by --from
  std::map<std::string, StageState*> by_name_;  // the last stage of each name
  bool has_outside_mounts_ = false;
};

// The key of the named context that replaces a stage or image of this name; nullopt for none, and
// always for "scratch" and "context".
std::optional<std::string> find_context(const BuildOptions& options, const std::string& name,
                                        const oci::Platform& platform);

}  // namespace cairn::plan
