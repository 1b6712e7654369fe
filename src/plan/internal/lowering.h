// SPDX-License-Identifier: Apache-2.0
//
// Lowering: the effect of one instruction on the image of its stage, and the vertex that it adds.
// There is one file for each instruction or family: lower_run.cc, lower_copy.cc, ... Every lower()
// throws kDockerfile; the caller adds the span.
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

// The context of the instruction being lowered. Borrows everything for one call.
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
  // Expands a word with the current variables. Reports undefined ones to the linter.
  std::string expand(std::string_view word) const;
  // The same for text in which quotes are ordinary characters and the escape is "\", whatever the
  // directive says.
  std::string expand_body(std::string_view text) const;
  // Counts the bytes that expansion added to a text of `written` bytes.
  void charge_beyond(std::size_t written, std::size_t size) const;
  // Adds a vertex on top of the stage's root, and makes it the root.
  VertexId add_step(Op op, std::vector<VertexId> more_inputs, std::string name,
                    const SourceSpan& span);
  // Adds a line of history, with the vertex of its layer if it has one.
  void record(std::string created_by, std::optional<VertexId> vertex = std::nullopt);
  // The text of an instruction in a step name: the keyword in capitals, variables expanded. Text
  // for a shell keeps its quotes, and the variables that only the shell knows.
  enum class InNames { kWords, kShell };
  std::string step_display_name(std::string_view code, InNames what) const {
    return step_display_name(code, what, image().env);
  }
  std::string step_display_name(std::string_view code, InNames what, const Environment& env) const;
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

// The command line for a shell form: SHELL, and `words` joined into one argument.
std::vector<std::string> with_shell(const oci::ImageConfig& config,
                                    const std::vector<std::string>& words);
// An absolute clean path; a relative `path` is below the working directory. ".." never leaves "/".
std::string in_workdir(const oci::ImageConfig& config, std::string_view path);
// Records a secret or agent for the outline.
void note_for_outline(const dockerfile::Mount& mount, Lowering& context);
// Adds the mounts of RUN, its secret variables and SSH_AUTH_SOCK to `op`. The trees that they read
// are added to `inputs`.
void lower_mounts(const dockerfile::Run& run, Lowering& context, RunOp& op,
                  std::vector<VertexId>& inputs);
// Returns "[build 2/4] " and counts the step.
std::string step_prefix(StageState& stage);
// The tree that --from=stage reads: a LocalOp, or the root of the stage.
VertexId files_of(StageState& source, Vertices& vertices);
// Whether an argument is read by the builder and never visible to commands.
bool is_hidden_arg(std::string_view name);
// Build checks of a path in the build context, and of a name that may be a secret.
void lint_ignored(const std::string& path, bool is_add, const Lowering& context);
void lint_secret(std::string_view instruction, const std::string& name, const Lowering& context);
// The word of a heredoc becomes a file name. Throws kDockerfile when it would be a path.
void check_file_name(std::string_view name);

}  // namespace cairn::plan
