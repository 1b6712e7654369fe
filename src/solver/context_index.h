// SPDX-License-Identifier: Apache-2.0
//
// Reading the files of a build context: through the index of what was read before (stat_index.h),
// which the store keeps for each directory that builds read from.
#pragma once

#include <optional>
#include <string>

#include "cache/content_digest.h"
#include "source/local_context.h"
#include "store/store.h"

namespace cairn::solver {

// The name of the index of what a path names: the same for the same place on this host.
std::string context_index_name(const source::LocalContext& context, const std::string& path);

// Where the index of what `path` names is. None for a context that was fetched for this build
// alone.
std::optional<cache::IndexPlace> context_index_place(const store::Store& store,
                                                     const source::LocalContext& context,
                                                     const std::string& path);

// What `path` names in the context. One that was fetched for this build alone has no index, nor
// have files whose owners count; `files` is null then.
cache::IndexedContent context_content(const store::Store& store,
                                      const source::LocalContext& context, const std::string& path,
                                      const cache::ContentOptions& options);

}  // namespace cairn::solver
