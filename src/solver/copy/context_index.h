// SPDX-License-Identifier: Apache-2.0
//
// Reads files of a build context through the index of earlier reads (cache/stat_index.h). The store
// keeps one index for each path that COPY lines name.
#pragma once

#include <optional>
#include <string>

#include "cache/content_digest.h"
#include "source/local_context.h"
#include "store/store.h"

namespace cairn::solver {

// The name of the index for a path: the same for the same place on this host.
std::string context_index_name(const source::LocalContext& context, const std::string& path);

// Where the index for `path` is kept. nullopt for a context fetched for this build only.
std::optional<cache::IndexPlace> context_index_place(const store::Store& store,
                                                     const source::LocalContext& context,
                                                     const std::string& path);

// The content of `path` in the context. Without an index (the context was fetched for this build
// only, or owners count) all files are read, and `files` is null.
cache::IndexedContent context_content(const store::Store& store,
                                      const source::LocalContext& context, const std::string& path,
                                      const cache::ContentOptions& options);

}  // namespace cairn::solver
