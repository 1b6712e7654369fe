// SPDX-License-Identifier: Apache-2.0
//
// The files of a COPY or ADD, written to a new snapshot that nobody has a key for yet.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/cache_key.h"
#include "solver/copy/copy_selection.h"
#include "solver/copy/digest_while_copying.h"
#include "solver/copy/inode_sharing.h"
#include "solver/job.h"

namespace cairn::solver {

// A finished copy that is not committed yet.
struct Copied {
  std::unique_ptr<ActiveSnapshot> active;
  std::optional<cache::CacheKey> line = {};  // see copy_line()
  bool have_sources_changed = false;         // since they were digested
  LayerIds link_sources = {};                // layers that files were hard-linked from
  std::int64_t bytes = 0;                    // of the files that were not linked
  std::string into = {};  // real path of the directory that the last source went into
  std::vector<std::string> warnings = {};  // for the user
};

// Copies the selection on the job's parent. With `fresh`, which may be null, files are digested
// while they are copied. Throws kDockerfile where the Dockerfile asks for the impossible, and
// kHost.
Copied copy_files(const Job& job, const plan::CopyOp& op, const CopySelection& selection,
                  DigestWhileCopying* fresh);

}  // namespace cairn::solver
