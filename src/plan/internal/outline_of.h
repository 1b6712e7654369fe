// SPDX-License-Identifier: Apache-2.0
//
// The outline of a stage that has been lowered.
#pragma once

#include "dockerfile/dockerfile.h"
#include "plan/internal/global_args.h"
#include "plan/internal/stage_state.h"
#include "plan/outline.h"

namespace cairn::plan {

// `builtin` is what a FROM line sees without any ARG, `globals` what it sees with them.
struct OutlineScope {
  const dockerfile::Dockerfile& file;
  const BuildArgs& build_args;
  const Environment& builtin;
  const Environment& globals;
};

Outline outline_of(const StageState& target, const OutlineScope& scope);

}  // namespace cairn::plan
