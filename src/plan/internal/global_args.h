// SPDX-License-Identifier: Apache-2.0
//
// The variables of FROM lines: the builder's own, then the ARGs before the first FROM. Also reports
// build arguments that nothing uses.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dockerfile/dockerfile.h"
#include "dockerfile/lint.h"
#include "plan/build_options.h"
#include "plan/internal/environment.h"
#include "plan/internal/stage_state.h"

namespace cairn::plan {

using BuildArgs = std::map<std::string, std::string>;

// The variables that FROM lines see without any ARG of the file: the builder's own, overridden by
// build arguments.
Environment builtin_args(const dockerfile::Dockerfile& file, const BuildOptions& options,
                         const BuildArgs& build_args);

// Adds the global ARGs. Reports bases to the linter that are valid only with a build argument.
// Throws kDockerfile with a span.
Environment global_args(const dockerfile::Dockerfile& file, const BuildOptions& options,
                        const BuildArgs& build_args, dockerfile::Linter& linter);

// Expands a word of a FROM line. Throws kDockerfile with `span`.
std::string expand_in_from(const std::string& word, const Environment& globals, char escape,
                           const SourceSpan& span);

// One warning for each --build-arg that no ARG of the file or of a fired trigger declares, and for
// each that other builders support but cairn does not.
std::vector<std::string> unused_build_args(const dockerfile::Dockerfile& file,
                                           const BuildOptions& options,
                                           const std::vector<std::string>& trigger_args);

}  // namespace cairn::plan
