// SPDX-License-Identifier: Apache-2.0
//
// Which paths of a tree are there for us: how an ignore file reaches the code that walks trees.
#pragma once

#include <string>

#include "base/sys/fd.h"

namespace cairn {

class PathFilter {
 public:
  enum class Verdict {
    kIncluded,
    kExcluded,  // with all that is below
    kPartly,    // excluded itself, but something below it may be included: walk on
  };
  virtual ~PathFilter() = default;
  // `path` is relative to the root of the tree, clean, and not ".". Safe from any thread.
  virtual Verdict judge(const std::string& path, bool is_directory) const = 0;
  // The rule that excludes `path`, for a message: ".dockerignore:7 \"**/bin\""; "" when none does.
  virtual std::string explain(const std::string& path) const = 0;
};

// Whether a directory that is excluded itself holds something that is not, at any depth. `dir` is
// open and has `path` in the tree.
bool includes_below(const PathFilter& filter, const sys::Fd& dir, const std::string& path);

}  // namespace cairn
