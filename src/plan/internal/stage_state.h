// SPDX-License-Identifier: Apache-2.0
//
// The state of a stage while it is planned: its definition, its dependencies, and its image so far.
// A base or source that is no stage of the file (an image, a named context) is a StageState without
// instructions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dockerfile/instruction.h"
#include "oci/image_config.h"
#include "oci/platform.h"
#include "plan/build_options.h"
#include "plan/internal/environment.h"
#include "plan/outline.h"
#include "plan/plan.h"

namespace cairn::plan {

struct StageState;

// An instruction and the stages or images that it takes files from: one for COPY --from, one for
// each mount of RUN (or null).
struct BoundInstruction {
  dockerfile::Instruction instruction;
  std::vector<StageState*> sources = {};
  bool on_build = false;
};

// The part of a stage that a stage FROM it inherits.
struct ImageState {
  VertexId root = {};
  VertexId base = {};            // the vertex whose layers come first
  oci::ImageConfig config = {};  // without rootfs, history and created
  std::vector<HistoryLine> history = {};
  Environment env = {};  // ENV and ARG; the later one wins
  std::vector<dockerfile::ArgItem> args = {};
  bool workdir_set = false;  // by a WORKDIR of the file
};

struct StageState {
  // From the file.
  std::string name = {};        // "" if it has none
  std::string shown_name = {};  // in step names: "stage-1", or "" in a file of one stage
  std::size_t index = 0;
  bool in_file = true;         // false: an image or context named by a --from
  std::string base_name = {};  // expanded
  std::optional<oci::Platform> platform_flag = {};
  std::optional<oci::Platform> shown_platform = {};  // in step names, for several platforms
  SourceSpan span = {};                              // of FROM, or of the instruction that names it
  std::vector<BoundInstruction> instructions = {};

  // The base: exactly one of a stage, a context, scratch or an image.
  StageState* base = nullptr;
  std::optional<std::string> context = {};  // key of the named context in its place
  bool replaced = false;                    // by that context; its instructions are ignored

  // Progress.
  bool resolved = false;
  bool triggers_bound = false;
  // The spans of the last CMD, ENTRYPOINT and HEALTHCHECK of this stage.
  std::optional<SourceSpan> cmd = {};
  std::optional<SourceSpan> entrypoint = {};
  std::optional<SourceSpan> healthcheck = {};
  bool no_cache = false;
  int step = 0;
  int steps = 0;
  std::vector<std::string> triggers = {};  // of the base image
  std::optional<ImageOp> base_op = {};     // the base image, if it has layers
  std::vector<OutlineMount> secrets = {};  // mounted by its RUN lines, each id once
  std::vector<OutlineMount> ssh = {};
  std::optional<std::string> local = {};  // the base is the directory of this named context
  bool remote = false;                    // the base is the repository or file of its named context
  ImageState image = {};
};

}  // namespace cairn::plan
