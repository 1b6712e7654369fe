// SPDX-License-Identifier: Apache-2.0
//
// SOURCE_DATE_EPOCH (R09): a number of seconds, or the source whose time it is: "context", a named
// context, or a stage that does nothing but ADD one thing from elsewhere.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dockerfile/dockerfile.h"
#include "plan/build_options.h"
#include "plan/internal/environment.h"
#include "plan/internal/global_args.h"
#include "plan/source_times.h"

namespace cairn::plan {

inline constexpr const char* kSourceDateEpoch = "SOURCE_DATE_EPOCH";

struct EpochScope {
  const dockerfile::Dockerfile& file;
  const BuildOptions& options;
  SourceTimes* times;                  // null: nobody is asked, and what has to be is no epoch
  std::vector<std::string>& warnings;  // a source that has no time
};

// The epoch that the build argument or else a global ARG says. All instructions see the number, or
// nothing, in place of what was said. Throws kUsage for a bad build argument, kDockerfile with a
// span for what the file has wrong.
std::optional<Timestamp> take_source_date_epoch(const EpochScope& scope, BuildArgs& build_args,
                                                Environment& globals);

}  // namespace cairn::plan
