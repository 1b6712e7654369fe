// SPDX-License-Identifier: Apache-2.0
//
// A COPY from other stages is known by its definition, and by the content of what it copies, so
// that a stage which ran again and gave the same files changes nothing (K08). Contents are read
// only when there is something to compare them with: the first copy of a line puts down what it
// copied from, and the next one that finds other stages there reads both.
#pragma once

#include <optional>

#include "cache/cache_key.h"
#include "solver/copy_selection.h"
#include "solver/job.h"

namespace cairn::solver {

// The keys by which the job's copy is known.
struct StageCopyKeys {
  cache::CacheKey definition;
  std::optional<cache::CacheKey> content = {};  // once it was read
};

// Nothing for a copy from the client, whose files have no key, nor for one of nothing but inline
// files: there the content is the definition.
std::optional<StageCopyKeys> stage_copy_keys(const Job& job, const plan::CopyOp& op);

// The result of these keys was copied from what the sources are now.
void remember_sources(const Job& job, const plan::CopyOp& op, const StageCopyKeys& keys,
                      const StepResult& result);

// An earlier result of the line with the same content; reads that of `selection` unless the line
// was never copied before.
std::optional<StepResult> find_same_content(const Job& job, const plan::CopyOp& op,
                                            CopySelection& selection, StageCopyKeys& keys);

// The result is on record under the definition; makes it known by its content too.
void remember_content(const Job& job, const plan::CopyOp& op, const StageCopyKeys& keys,
                      const StepResult& result);

}  // namespace cairn::solver
