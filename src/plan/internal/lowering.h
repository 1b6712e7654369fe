// SPDX-License-Identifier: Apache-2.0
//
// Lowering: what one instruction does to the image of its stage, and which vertex it adds. One file
// for each instruction or family of them: lower_run.cc, lower_copy.cc ...
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/instruction.h"
#include "dockerfile/lint.h"
#include "dockerfile/mount.h"
#include "plan/build_options.h"
#include "plan/internal/stage_state.h"
#include "plan/internal/vertices.h"

namespace cairn::plan {

// Where the instruction being lowered stands.
struct Lowering {
  const BuildOptions& options;
  const std::map<std::string, std::string>& build_args;
  const Environment& globals;
  char escape;
  Vertices& vertices;
  StageState& stage;
  const std::vector<StageState*>& sources;
  const dockerfile::Origin& origin;  // of the instruction
  dockerfile::Linter& linter;
  std::vector<std::string>& warnings;  // one line each, for the user
  const std::optional<Timestamp>& epoch;
  bool on_build = false;

  ImageState& image() const { return stage.image; }
  // The word with the variables of this moment. The linter is told of those that nothing defines.
  std::string expand(std::string_view word) const;
  // Likewise for text in which quotes are content and the escape is "\" whatever the directive
  // says.
  std::string expand_body(std::string_view text) const;
  // A step's vertex on top of the stage's root; the root becomes it.
  VertexId add_step(Op op, std::vector<VertexId> more_inputs, std::string name,
                    const SourceSpan& span);
  // A line of history, with the vertex that makes its layer.
  void record(std::string created_by, std::optional<VertexId> vertex = std::nullopt);
  // The instruction's text for its step's name: the keyword in capitals, variables filled in.
  std::string step_text(std::string_view code, bool keep_unset_and_quotes) const {
    return step_text(code, keep_unset_and_quotes, image().env);
  }
  std::string step_text(std::string_view code, bool keep_unset_and_quotes,
                        const Environment& env) const;
};

void lower(const dockerfile::From& from, Lowering& context);  // never reached: FROM starts a stage
void lower(const dockerfile::Arg& arg, Lowering& context);
void lower(const dockerfile::Env& env, Lowering& context);
void lower(const dockerfile::Run& run, Lowering& context);
void lower(const dockerfile::Copy& copy, Lowering& context);
void lower(const dockerfile::Add& add, Lowering& context);
void lower(const dockerfile::Workdir& workdir, Lowering& context);
void lower(const dockerfile::User& user, Lowering& context);
void lower(const dockerfile::Cmd& cmd, Lowering& context);
void lower(const dockerfile::Entrypoint& entrypoint, Lowering& context);
void lower(const dockerfile::Shell& shell, Lowering& context);
void lower(const dockerfile::Label& label, Lowering& context);
void lower(const dockerfile::Expose& expose, Lowering& context);
void lower(const dockerfile::Volume& volume, Lowering& context);
void lower(const dockerfile::Stopsignal& stopsignal, Lowering& context);
void lower(const dockerfile::Healthcheck& healthcheck, Lowering& context);
void lower(const dockerfile::Onbuild& onbuild, Lowering& context);
void lower(const dockerfile::Maintainer& maintainer, Lowering& context);

// --- shared by several instructions ---

// The SHELL of the image, and the words behind it as one.
std::vector<std::string> with_shell(const oci::ImageConfig& config,
                                    const std::vector<std::string>& words);
// `path` below the working directory if it is relative; cleaned, ".." never leaves "/".
std::string in_workdir(const oci::ImageConfig& config, std::string_view path);
// Keeps what an outline says of a secret or an agent.
void note_for_outline(const dockerfile::Mount& mount, Lowering& context);
// The mounts of RUN, its secret variables and the agent's; the trees they read go to `inputs`.
void lower_mounts(const dockerfile::Run& run, Lowering& context, RunOp& op,
                  std::vector<VertexId>& inputs);
// "[build 2/4] ", and counts the step.
std::string step_prefix(StageState& stage, bool on_build);
// The tree that --from=stage reads.
VertexId files_of(StageState& source, Vertices& vertices);
// Arguments that are read by the builder and never shown to a command.
bool is_hidden_arg(std::string_view name);
// Build checks: of a path in the build context, of a name that may be a secret's.
void lint_ignored(const std::string& path, bool is_add, const Lowering& context);
void lint_secret(std::string_view instruction, const std::string& name, const Lowering& context);
// The word of a heredoc becomes a file's name; throws when it would be a path.
void check_file_name(std::string_view name);

}  // namespace cairn::plan
