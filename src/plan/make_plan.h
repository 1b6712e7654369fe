// SPDX-License-Identifier: Apache-2.0
//
// Meaning: a Dockerfile and the options of a build become a Plan.
#pragma once

#include "dockerfile/dockerfile.h"
#include "dockerfile/lint.h"
#include "plan/build_options.h"
#include "plan/image_resolver.h"
#include "plan/plan.h"
#include "plan/source_times.h"

namespace cairn::plan {

// The linter that obeys the check directive of this file, or the build argument in its place.
dockerfile::Linter make_linter(const dockerfile::SyntaxTree& tree, const BuildOptions& options);

// Touches neither disk nor network but through `times` and `images`, which is asked for the bases
// of the stages that the target reaches, and not before everything that can be wrong in the file
// itself has been looked at. Throws kDockerfile with a span; kUsage for options that name nothing.
// The linter gets what build checks find on the way; if that is to be an error it is thrown last.
// `times` is asked when SOURCE_DATE_EPOCH names a source, and without it such a plan has no epoch.
Plan make_plan(const dockerfile::Dockerfile& file, const BuildOptions& options,
               ImageResolver& images, dockerfile::Linter& linter, SourceTimes* times = nullptr);
// Without build checks.
Plan make_plan(const dockerfile::Dockerfile& file, const BuildOptions& options,
               ImageResolver& images, SourceTimes* times = nullptr);

}  // namespace cairn::plan
