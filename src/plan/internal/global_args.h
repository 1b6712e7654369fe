// SPDX-License-Identifier: Apache-2.0
//
// The variables of FROM lines: what the builder knows by itself, then the ARGs before the first
// FROM. And, at the end, which --build-arg nobody asked for.
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

// What FROM lines see without any ARG of the file: the builder's own variables, with the build
// arguments that set them.
Environment builtin_args(const dockerfile::Dockerfile& file, const BuildOptions& options,
                         const BuildArgs& build_args);

// The linter is told of bases that are no names of images unless a build argument makes them so.
Environment global_args(const dockerfile::Dockerfile& file, const BuildOptions& options,
                        const BuildArgs& build_args, dockerfile::Linter& linter);

// Expands a word of a FROM line.
std::string expand_in_from(const std::string& word, const Environment& globals, char escape,
                           const SourceSpan& span);

// One line for each --build-arg that no ARG of the file, or of a trigger that fired, declares,
// and for each that other builders act on and cairn does not.
std::vector<std::string> unused_build_args(const dockerfile::Dockerfile& file,
                                           const BuildOptions& options,
                                           const std::vector<std::string>& trigger_args);

}  // namespace cairn::plan
