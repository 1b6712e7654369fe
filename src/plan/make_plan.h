// SPDX-License-Identifier: Apache-2.0
//
// The entry point of planning: from a Dockerfile and the options of a build to a Plan.
#pragma once

#include "dockerfile/dockerfile.h"
#include "dockerfile/lint.h"
#include "plan/build_options.h"
#include "plan/image_resolver.h"
#include "plan/plan.h"
#include "plan/source_times.h"

namespace cairn::plan {

// A linter with the options of the file's check directive, or of the build argument that overrides
// it.
dockerfile::Linter make_linter(const dockerfile::SyntaxTree& tree, const BuildOptions& options);

// Uses neither disk nor network, except through `images` and `times`. `images` is called for the
// bases of stages that the target needs, after everything in the file itself has been checked.
// `times` is called when SOURCE_DATE_EPOCH names a source; if it is null, such a plan has no epoch.
// Throws kDockerfile with a span, kUsage for options that match nothing, and what `images` and
// `times` throw. `linter` collects diagnostics; if they are to be an error, it is thrown last. All
// arguments are borrowed for the call.
Plan make_plan(const dockerfile::Dockerfile& file, const BuildOptions& options,
               ImageResolver& images, dockerfile::Linter& linter, SourceTimes* times = nullptr);
// The same without build checks.
Plan make_plan(const dockerfile::Dockerfile& file, const BuildOptions& options,
               ImageResolver& images, SourceTimes* times = nullptr);

}  // namespace cairn::plan
