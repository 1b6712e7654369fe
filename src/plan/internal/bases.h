// SPDX-License-Identifier: Apache-2.0
//
// The bases of stages: scratch, an image, or a named context. The only code that calls the
// resolver.
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

  // Sets config and triggers of every listed stage that has no other stage as its base. Throws
  // kDockerfile with a span, and what the resolver throws.
  void resolve(const std::vector<StageState*>& stages);
  // Adds the vertices of a resolved stage that has no other stage as its base.
  void place(StageState& stage, Vertices& vertices) const;
  // The platform that a stage without another stage as its base is built for.
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
  std::map<ImageRequest, ResolvedImage> answers_;  // each image is resolved once
};

// Turns a stage that is a directory of the client into a root: its files copied to an empty one.
void copy_local_to_root(StageState& stage, Vertices& vertices);
// Sets the initial variables of a stage: a default PATH, and the environment of the config.
void start_environment(ImageState& image);

}  // namespace cairn::plan
