// SPDX-License-Identifier: Apache-2.0
//
// What stages stand on: scratch, an image, a named context. The only place that asks the resolver.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dockerfile/lint.h"
#include "plan/build_options.h"
#include "plan/image_resolver.h"
#include "plan/internal/stage_state.h"
#include "plan/internal/vertices.h"

namespace cairn::plan {

class Bases {
 public:
  Bases(const BuildOptions& options, ImageResolver& images, std::vector<std::string> stage_names,
        dockerfile::Linter& linter)
      : options_(options), images_(images), stage_names_(std::move(stage_names)), linter_(linter) {}

  // Gives every stage of the list that is built on no other stage its config and triggers.
  void resolve(const std::vector<StageState*>& stages);
  // The vertices below a resolved stage that is built on no other stage.
  void place(StageState& stage, Vertices& vertices) const;
  // What a stage that is built on no other stage is wanted for.
  oci::Platform platform_of(const StageState& stage) const;

 private:
  std::optional<ImageRequest> request_of(const StageState& stage) const;
  const ResolvedImage& ask(const ImageRequest& request);
  void resolve_one(StageState& stage);
  void place_remote(StageState& stage, Vertices& vertices) const;
  void start_from_scratch(StageState& stage);
  void start_from_image(StageState& stage, const ImageRequest& request);

  const BuildOptions& options_;
  ImageResolver& images_;
  std::vector<std::string> stage_names_;
  dockerfile::Linter& linter_;
  std::map<ImageRequest, ResolvedImage> answers_;  // stages may share an image
};

// Makes a stage that is a directory of the client a root: its files on an empty one.
void copy_local_to_root(StageState& stage, Vertices& vertices);
// What every stage starts with: a PATH, and the variables of the config.
void start_environment(ImageState& image);

}  // namespace cairn::plan
