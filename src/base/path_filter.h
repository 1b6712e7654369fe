// SPDX-License-Identifier: Apache-2.0
//
// Decides which paths of a tree are part of a context. It brings the rules of an ignore file to the
// code that walks trees, which knows no patterns.
#pragma once

#include <optional>
#include <string>

#include "base/sys/fd.h"

namespace cairn {

class PathFilter {
 public:
  enum class Verdict {
    kIncluded,
    kExcluded,  // together with everything below
    kPartly,    // excluded itself, but something below it may be included: walk on
  };
  virtual ~PathFilter() = default;
  // `path` is relative to the root of the tree, clean, and not ".". Safe from any thread.
  virtual Verdict judge(const std::string& path, bool is_directory) const = 0;
  // The rule that excludes `path`, for a message: ".dockerignore:7 \"**/bin\""; "" when none does.
  virtual std::string explain(const std::string& path) const = 0;
};

// Opens a directory that is itself excluded, to search it for included files. nullopt when it is
// not readable: it then counts as empty, as in BuildKit (fsutil). Throws kHost for other failures.
std::optional<sys::Fd> find_partly_excluded(const sys::Fd& parent, const char* name);

// Whether such a directory, `path` in the tree, contains an included file at any depth. Reads the
// directories on the calling thread.
bool includes_below(const PathFilter& filter, const sys::Fd& parent, const char* name,
                    const std::string& path);

}  // namespace cairn
