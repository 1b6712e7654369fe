// SPDX-License-Identifier: Apache-2.0
//
// Finds the client's file that cairn may not read. A COPY, ADD or bind mount that meets such a file
// fails in some system call; this finds out which file it was.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "solver/copy/copy_sources.h"
#include "solver/job.h"

namespace cairn::solver {

// The first file or directory at `path` or below that is part of `tree` and that we may not read,
// as a rooted path in the tree. Directories are searched in name order. nullopt if all are
// readable.
std::optional<std::string> find_unreadable(const SourceTree& tree, const std::string& path);

// If a job failed with EACCES on a file of the client, replaces the error by one that names the
// file as the user knows it and says what to do. Leaves all other errors alone.
void explain_unreadable(Job& job, Error& error);

}  // namespace cairn::solver
