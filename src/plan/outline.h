// SPDX-License-Identifier: Apache-2.0
//
// What a target takes from whoever builds it: arguments, secrets and agents, its own and those of
// the stages it needs.
#pragma once

#include <string>
#include <vector>

#include "base/source_span.h"
#include "dockerfile/dockerfile.h"
#include "plan/build_options.h"
#include "plan/image_resolver.h"

namespace cairn::plan {

struct OutlineArg {
  std::string name;
  std::string description;  // of the comment above it
  std::string value;        // that it would have now
  SourceSpan span;
};

struct OutlineMount {
  std::string id;
  bool required = false;
  SourceSpan span;
};

// All in the order of the file.
struct Outline {
  std::string name;  // of the target, "" when it has none
  std::string description;
  std::vector<OutlineArg> args;
  std::vector<OutlineMount> secrets;
  std::vector<OutlineMount> ssh;
};

// Plans the target, and throws what make_plan throws.
Outline make_outline(const dockerfile::Dockerfile& file, const BuildOptions& options,
                     ImageResolver& images);

}  // namespace cairn::plan
