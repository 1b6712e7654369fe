// SPDX-License-Identifier: Apache-2.0
//
// Resolves the paths of a COPY line in its source tree: wildcards, the rules of an ignore file, and
// the best explanation we have when a named path does not exist.
#pragma once

#include <string>
#include <vector>

#include "base/path_filter.h"
#include "base/sys/root_dir.h"

namespace cairn::solver {

// One path to copy, rooted in the source root. Its last component is the name at the destination.
using SelectedPath = std::string;

// A borrowed root and the ignore rules that apply to it.
struct SourceTree {
  const sys::RootDir& root;
  const PathFilter* filter = nullptr;
};

bool has_wildcard(const std::string& path);

// Whether COPY can take `path`: it exists, symlinks followed, and no rule excludes all of it.
bool is_selectable(const SourceTree& tree, const std::string& path);

// The paths that `pattern` matches, sorted. A pattern without wildcards yields itself if it exists.
// Each component is matched by the rules of Go's filepath.Match; directories below a match are not
// searched (as in fsutil).
std::vector<SelectedPath> select_paths(const SourceTree& tree, const std::string& pattern);

// The hint for a pattern that Go's filepath.Match rejects. `broken_json`: the line looks like a
// JSON form that did not parse.
std::string explain_malformed(bool broken_json);

// Why a named path does not exist, as far as the tree itself can tell: excluded by a rule, a
// similar name, a difference in letter case, an attempt to leave the tree. "" if unknown.
std::string explain_missing(const SourceTree& tree, const std::string& written);

}  // namespace cairn::solver
