// SPDX-License-Identifier: Apache-2.0
//
// What a build reads before it starts: the Dockerfile, the context and its ignore file, and the
// flags turned into the plan's options.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/source_span.h"
#include "cli/build_context.h"
#include "output/output_spec.h"
#include "plan/build_options.h"
#include "source/local_context.h"

namespace cairn::cli {

struct BuildInputs {
  std::shared_ptr<const SourceText> dockerfile;
  plan::BuildOptions options;
  // What to build for, each once, at least one; `options.platform` is the first that was given.
  std::vector<oci::Platform> platforms;
  std::map<std::string, source::LocalContext> contexts;  // by the name the plan uses
  std::vector<oci::Reference> names;                     // --tag
  std::vector<output::OutputSpec> outputs;               // at least one
};

// Throws kUsage for flags, kDockerfile for a Dockerfile or an ignore file that cannot be read.
BuildInputs read_build_inputs(const BuildFlags& flags, ContextFetcher& fetcher);

}  // namespace cairn::cli
