// SPDX-License-Identifier: Apache-2.0
//
// A pattern is matched one component at a time against directory listings, as fsutil does for
// BuildKit; the literal directories before the first wildcard are opened directly and not listed.
// Explaining a missing path walks the tree again, but only after the step has failed.
#include "solver/copy/copy_sources.h"

#include <fcntl.h>

#include <algorithm>

#include "base/attempt.h"
#include "base/error.h"
#include "base/path_match.h"
#include "base/text.h"

namespace cairn::solver {
namespace {

using sys::Fd;
using Verdict = PathFilter::Verdict;

bool is_included(const SourceTree& tree, const std::string& real_path) {
  if (tree.filter == nullptr || real_path == "/") return true;
  Fd found = tree.root.open_in(real_path, O_PATH);
  bool is_directory = S_ISDIR(sys::stat_of(found).st_mode);
  std::string path = real_path.substr(1);
  switch (tree.filter->judge(path, is_directory)) {
    case Verdict::kIncluded: return true;
    case Verdict::kExcluded: return false;
    case Verdict::kPartly: return is_directory && includes_below(*tree.filter, found, ".", path);
  }
  return false;
}

// A directory on the way that a wildcard matched but that we may not read matches nothing, as in
// BuildKit (fsutil). A directory that the line names is an error.
std::optional<Fd> find_directory(const SourceTree& tree, const std::string& dir, bool is_named) {
  auto find = [&]() -> std::optional<Fd> {
    if (!tree.root.find_end(dir)) return std::nullopt;
    return tree.root.find_in(dir, O_RDONLY | O_DIRECTORY);
  };
  return is_named ? find() : unless_errno(EACCES, find);
}

// Descends one component of the pattern at a time; symlinks on the way are not followed.
void match_below(const SourceTree& tree, const std::string& dir,
                 const std::vector<std::string>& components, std::size_t at,
                 std::vector<SelectedPath>& found) {
  std::optional<Fd> opened = find_directory(tree, dir, at == 0);
  if (!opened) return;
  for (const sys::DirEntry& entry : sys::list_dir(*opened)) {
    if (!match_path(components[at], entry.name)) continue;
    std::string path = path_in(dir, entry.name);
    if (at + 1 == components.size()) {
      if (is_selectable(tree, path)) found.push_back(path);
    } else if (S_ISDIR(sys::stat_at(*opened, entry.name.c_str()).st_mode)) {
      match_below(tree, path, components, at + 1, found);
    }
  }
}

// The deepest existing directory of `path`, and the first component that is missing in it.
std::pair<std::string, std::string> where_it_ends(const SourceTree& tree, const std::string& path) {
  std::string dir = "/";
  for (const std::string& part : split(path.substr(1), '/')) {
    std::string next = path_in(dir, part);
    if (!tree.root.find_end(next)) return {dir, part};
    dir = next;
  }
  return {dir, ""};
}

}  // namespace

bool has_wildcard(const std::string& path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\') {
      ++i;
    } else if (path[i] == '*' || path[i] == '?' || path[i] == '[') {
      return true;
    }
  }
  return false;
}

bool is_selectable(const SourceTree& tree, const std::string& path) {
  std::optional<std::string> real = tree.root.find_real_path(path);
  return real && is_included(tree, *real);
}

std::vector<SelectedPath> select_paths(const SourceTree& tree, const std::string& pattern) {
  std::string clean = rooted_path(pattern);
  std::vector<SelectedPath> found;
  if (!has_wildcard(clean)) {
    if (is_selectable(tree, clean)) found.push_back(clean);
    return found;
  }
  std::vector<std::string> components = split(clean.substr(1), '/');
  auto first = std::find_if(components.begin(), components.end(), has_wildcard);
  std::string dir = "/" + join({components.begin(), first}, "/");
  components.erase(components.begin(), first);
  match_below(tree, dir, components, 0, found);
  std::sort(found.begin(), found.end());
  return found;
}

std::string explain_malformed(bool broken_json) {
  if (broken_json) {
    return "the closing ] of the JSON form is missing, or it is no valid JSON: "
           "COPY [\"SRC\", \"DEST\"]";
  }
  // Do not suggest a backslash: expanding the words of the line removes it.
  return "close the [ with a ]; a name that has a [ is written with [[] in its place";
}

std::string explain_missing(const SourceTree& tree, const std::string& written) {
  std::string path = rooted_path(written);
  std::optional<std::string> real = tree.root.find_real_path(path);
  if (tree.filter != nullptr && real) {
    // A rule may exclude the path as written, or the target of the symlink that it leads to.
    std::string rule = tree.filter->explain(path.substr(1));
    if (!rule.empty()) return "it is excluded by " + rule;
    rule = tree.filter->explain(real->substr(1));
    if (!rule.empty()) return fmt::format("it leads to {}, which is excluded by {}", *real, rule);
  }
  if (clean_path(written).starts_with("..")) {
    return fmt::format("paths cannot leave the build context, so this means {}", path);
  }
  auto [dir, missing] = where_it_ends(tree, path);
  if (missing.empty()) return "";
  std::string lost = tree.root.explain_lost_link(path_in(dir, missing));
  if (!lost.empty()) return lost;
  std::vector<std::string> names;
  for (const sys::DirEntry& entry : sys::list_dir(tree.root.open_in(dir, O_RDONLY | O_DIRECTORY))) {
    names.push_back(entry.name);
    if (equal_fold(entry.name, missing)) {
      return fmt::format("there is {}: the letter case differs", path_in(dir, entry.name));
    }
  }
  std::sort(names.begin(), names.end());
  if (std::optional<std::string> near = nearest(missing, names)) {
    return fmt::format("did you mean {}?", path_in(dir, *near));
  }
  if (dir == "/") return "";
  return fmt::format("{} is there, and has no {}", dir, missing);
}

}  // namespace cairn::solver
