// SPDX-License-Identifier: Apache-2.0
//
// SOURCE_DATE_EPOCH (R09): a number of seconds since 1970, or a source whose time is used:
// "context", a named context, or a stage with nothing but one remote ADD.
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
  SourceTimes* times;                  // borrowed; null: a source gives no epoch
  std::vector<std::string>& warnings;  // gets a line for a source without a time
};

// The epoch given by the build argument, or else by a global ARG. Replaces the value in
// `build_args` and `globals` by the number, or removes it, so that all instructions see the same.
// Throws kUsage for a bad build argument, kDockerfile with a span for a bad ARG or stage.
std::optional<Timestamp> take_source_date_epoch(const EpochScope& scope, BuildArgs& build_args,
                                                Environment& globals);

}  // namespace cairn::plan
