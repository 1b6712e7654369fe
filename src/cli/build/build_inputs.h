// SPDX-License-Identifier: Apache-2.0
//
// What a build reads before it starts: the Dockerfile, the context and its ignore file, and the
// flags converted to the plan's options.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/source_span.h"
#include "base/sys/output_file.h"
#include "cli/build/build_flags.h"
#include "output/output_spec.h"
#include "plan/build_options.h"
#include "source/build_context.h"
#include "source/local_context.h"

namespace cairn::cli {

struct BuildInputs {
  std::shared_ptr<const SourceText> dockerfile;
  plan::BuildOptions options;
  // The platforms to build for, without repeats, at least one. `options.platform` is the first one
  // given.
  std::vector<oci::Platform> platforms;
  std::map<std::string, source::LocalContext> contexts;  // by name in the plan
  std::vector<oci::Reference> names;                     // --tag
  std::vector<output::OutputSpec> outputs;               // at least one
  // The files of outputs that are one file, of --iidfile and of --metadata-file. Held open while
  // the build runs, so that the reader of a FIFO sees its end if the build fails.
  std::vector<sys::OutputFile> files;
};

// Throws kUsage for flags, and kDockerfile for a Dockerfile or an ignore file that cannot be read.
// Refuses outputs inside `store_root`.
BuildInputs read_build_inputs(const BuildFlags& flags, source::ContextFetcher& fetcher,
                              const std::string& store_root);

}  // namespace cairn::cli
