// SPDX-License-Identifier: Apache-2.0
//
// Which snapshot a COPY line gave the last time, whatever it stood on, so that the next one can
// take unchanged files from it by hard link.
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

// `snapshot` is new and has `files` in the directory `into`.
void remember_copy(const Job& job, const cache::CacheKey& line, const std::string& snapshot,
                   const cache::StatIndex& files, const std::string& into);

// The right to be the first to copy a line of the client's files on the job's parent, whatever it
// takes; nothing when there was such a copy, or another build is making one. Who has it knows that
// the cache can hold no content of the line.
std::optional<sys::PassingLock> claim_first_copy(const Job& job, const plan::CopyOp& op);
// `snapshot` is such a copy.
void remember_contents(const Job& job, const plan::CopyOp& op, const std::string& snapshot);

}  // namespace cairn::solver
