// SPDX-License-Identifier: Apache-2.0
//
// Makes the outline of a lowered stage.
#pragma once

#include "dockerfile/dockerfile.h"
#include "plan/internal/global_args.h"
#include "plan/internal/stage_state.h"
#include "plan/outline.h"

namespace cairn::plan {

// `builtin` are the variables of a FROM line without any ARG, `globals` with them. All borrowed.
struct OutlineScope {
  const dockerfile::Dockerfile& file;
  const BuildArgs& build_args;
  const Environment& builtin;
  const Environment& globals;
};

Outline outline_of(const StageState& target, const OutlineScope& scope);

}  // namespace cairn::plan
