// SPDX-License-Identifier: Apache-2.0
//
// The inputs that a target accepts: arguments, secrets and SSH agents, of its own and of the stages
// that it needs.
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
  std::string description;  // from the comment above it
  std::string value;        // with the given build arguments
  SourceSpan span;
};

struct OutlineMount {
  std::string id;
  bool required = false;
  SourceSpan span;
};

// All lists are in the order of the file.
struct Outline {
  std::string name;  // of the target; "" when it has none
  std::string description;
  std::vector<OutlineArg> args;
  std::vector<OutlineMount> secrets;
  std::vector<OutlineMount> ssh;
};

// Plans the target. Throws what make_plan() throws.
Outline make_outline(const dockerfile::Dockerfile& file, const BuildOptions& options,
                     ImageResolver& images);

}  // namespace cairn::plan
