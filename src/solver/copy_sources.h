// SPDX-License-Identifier: Apache-2.0
//
// Which paths a COPY line means in its source tree: wildcards resolved, what an ignore file leaves
// out left out, and the best answer we have when a named path is not there.
#pragma once

#include <string>
#include <vector>

#include "base/path_filter.h"
#include "base/sys/root_dir.h"

namespace cairn::solver {

// One path to copy: rooted, in the source root; its last component names the file at the
// destination.
using SelectedPath = std::string;

struct SourceTree {
  const sys::RootDir& root;
  const PathFilter* filter = nullptr;
};

bool has_wildcard(const std::string& path);

// Whether `path` is there for COPY: it exists, symlinks followed, and no rule excludes all of it.
bool is_selectable(const SourceTree& tree, const std::string& path);

// The paths that `pattern` matches, sorted; a pattern without wildcards gives itself when it is
// there. Matching follows Go's filepath.Match on each component, and does not look below a match
// (fsutil).
std::vector<SelectedPath> select_paths(const SourceTree& tree, const std::string& pattern);

// Why a named path is not there, as far as the tree itself can tell: excluded by a rule, a name
// close to it, a difference of letter case, an attempt to leave the tree. "" when nothing is known.
std::string explain_missing(const SourceTree& tree, const std::string& written);

}  // namespace cairn::solver
