// SPDX-License-Identifier: Apache-2.0
//
// Remembers which snapshot a COPY line last produced, on whatever parent, so that the next copy of
// the line can hard-link unchanged files from it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cache/cache_key.h"
#include "solver/copy/reuse_previous_copy.h"
#include "solver/job.h"

namespace cairn::solver {

// Identifies the line, independent of parent and content. nullopt if copies of the line cannot be
// compared file by file: it has several sources, or an archive to unpack.
std::optional<cache::CacheKey> copy_line(const Job& job, const plan::CopyOp& op,
                                         const std::optional<Owner>& owner);

// Null if there is no earlier copy that may be linked from.
std::shared_ptr<const PreviousCopy> find_previous_copy(const Job& job, const cache::CacheKey& line);

// Records that the new `snapshot` holds `files` in its directory `into`.
void remember_copy(const Job& job, const cache::CacheKey& line, const SnapshotId& snapshot,
                   const cache::StatIndex& files, const std::string& into);

// Takes the lock for the first copy of a line on the job's parent, with whatever content. nullopt
// if the line was copied there before, or another build is doing it. While the lock is held, the
// cache cannot hold any content of the line.
std::optional<sys::LockFile> lock_first_copy(const Job& job, const plan::CopyOp& op);
// Records that `snapshot` is a copy of the line on this parent.
void remember_contents(const Job& job, const plan::CopyOp& op, const SnapshotId& snapshot);

}  // namespace cairn::solver
