// SPDX-License-Identifier: Apache-2.0
#include "solver/context_index.h"

#include <fcntl.h>

#include "base/error.h"

namespace cairn::solver {

// An index belongs to what a line names, not to the whole context: lines that name the same thing
// share it, and no line has to read past what others need.
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
                           .tmp_dir = store.tmp_dir()};
}

cache::IndexedContent context_content(const store::Store& store,
                                      const source::LocalContext& context, const std::string& path,
                                      const cache::ContentOptions& options) {
  std::optional<cache::IndexPlace> place;
  if (options.ignore_owner) place = context_index_place(store, context, path);
  if (place) return cache::indexed_content(context.root, path, options, *place);
  return {.digest = cache::content_digest(context.root, path, options), .files = nullptr};
}

}  // namespace cairn::solver
