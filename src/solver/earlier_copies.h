// SPDX-License-Identifier: Apache-2.0
//
// Which snapshot a COPY line gave the last time, whatever it stood on, so that the next one can
// take unchanged files from it by hard link.
//
// Two layers that share inodes must not meet in one view: two of its paths would look like hard
// links. So each layer with such files has on record which layers they may come from, and only
// layers that have none of these in common stand on one another.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cache/cache_key.h"
#include "solver/job.h"
#include "solver/known_files.h"

namespace cairn::solver {

// The line, apart from parents and contents; nothing for one whose copies cannot be told apart file
// by file: of several sources, or with an archive to unpack.
std::optional<cache::CacheKey> copy_line(const Job& job, const plan::CopyOp& op,
                                         const std::string& owner);

// Null when there is none that may be linked from.
std::shared_ptr<const EarlierCopy> find_earlier_copy(const Job& job, const cache::CacheKey& line);

// `snapshot` has files that were linked from `donor`; to be recorded with it.
void record_origins(const Job& job, const std::string& snapshot, const std::string& donor);

// `snapshot` is new and has `files` in the directory `into`.
void remember_copy(const Job& job, const cache::CacheKey& line, const std::string& snapshot,
                   const cache::StatIndex& files, const std::string& into);

}  // namespace cairn::solver
