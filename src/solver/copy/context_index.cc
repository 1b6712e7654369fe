// SPDX-License-Identifier: Apache-2.0
//
// Which index belongs to which path. The name digests the context's real path, which procfs gives
// for its descriptor: the descriptor is what we read from, whatever the path on the command line
// names by now. Contexts fetched for one build have no stable place, and so no index.
#include "solver/copy/context_index.h"

#include <fcntl.h>

#include "base/error.h"

namespace cairn::solver {

// One index per path that a line names, not one per context: lines that name the same path share
// it, and no line has to read past the files of others.
std::string context_index_name(const source::LocalContext& context, const std::string& path) {
  sys::Fd self = sys::open_path("/proc/self/fd", O_PATH | O_DIRECTORY);
  std::string root = sys::read_link_at(self, std::to_string(context.root.fd().get()).c_str());
  return Digest::of(root + '\0' + path).hex().substr(0, 40);
}

std::optional<cache::IndexPlace> context_index_place(const store::Store& store,
                                                     const source::LocalContext& context,
                                                     const std::string& path) {
  if (context.alive != nullptr) return std::nullopt;
  return cache::IndexPlace{.file = store.contexts_dir() + "/" + context_index_name(context, path),
                           .tmp_dir = [&store] { return store.tmp_dir(); }};
}

cache::IndexedContent context_content(const store::Store& store,
                                      const source::LocalContext& context, const std::string& path,
                                      const cache::ContentOptions& options) {
  std::optional<cache::IndexPlace> place;
  // The index stores digests without owners.
  if (options.ignore_owner) place = context_index_place(store, context, path);
  if (place) return cache::indexed_content(context.root, path, options, *place);
  return {.digest = cache::content_digest(context.root, path, options), .files = nullptr};
}

}  // namespace cairn::solver
