// SPDX-License-Identifier: Apache-2.0
//
// A COPY from other stages has two keys: its definition, made of the keys of the stages, and the
// content of the files it takes. With the second, a stage that ran again and produced the same
// files changes nothing (K08). Content is read only if there is something to compare with: the
// first copy of a line records its sources only, and the next one with other sources reads both.
#pragma once

#include <optional>

#include "cache/cache_key.h"
#include "solver/copy/copy_selection.h"
#include "solver/job.h"

namespace cairn::solver {

// The keys by which the job's copy is known.
struct StageCopyKeys {
  cache::CacheKey definition;      // made of the keys of the stages
  cache::SourceSnapshots sources;  // a hit under `definition` must have been copied from these
  std::optional<cache::CacheKey> content = {};  // set once the content was read
};

// nullopt for a copy from the client, whose files have no key, and for one of inline files only,
// whose content is part of the definition.
std::optional<StageCopyKeys> stage_copy_keys(const Job& job, const plan::CopyOp& op);

// An earlier result of the line with the same content. Reads the content of `selection` only if the
// line was copied before.
std::optional<StepResult> find_same_content(const Job& job, const plan::CopyOp& op,
                                            CopySelection& selection, StageCopyKeys& keys);

// Adds the content key to a result that is stored under its definition; if the content was not
// read, records its sources for a later comparison.
void remember_content(const Job& job, const plan::CopyOp& op, const StageCopyKeys& keys,
                      const StepResult& result);

}  // namespace cairn::solver
