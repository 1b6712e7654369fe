// SPDX-License-Identifier: Apache-2.0
#include "solver/copy_sources.h"

#include <fcntl.h>

#include <algorithm>

#include "base/error.h"
#include "base/path_match.h"
#include "base/text.h"

namespace cairn::solver {
namespace {

using sys::Fd;
using Verdict = PathFilter::Verdict;

std::string child(const std::string& dir, const std::string& name) {
  return dir == "/" ? dir + name : dir + "/" + name;
}

bool is_included(const SourceTree& tree, const std::string& real_path) {
  if (tree.filter == nullptr || real_path == "/") return true;
  Fd found = tree.root.open_in(real_path, O_PATH);
  bool is_directory = S_ISDIR(sys::stat_of(found).st_mode);
  std::string path = real_path.substr(1);
  switch (tree.filter->judge(path, is_directory)) {
    case Verdict::kIncluded: return true;
    case Verdict::kExcluded: return false;
    case Verdict::kPartly:
      return is_directory &&
             includes_below(*tree.filter, sys::reopen(found, O_RDONLY | O_DIRECTORY), path);
  }
  return false;
}

// Descends one component of the pattern at a time; symlinks on the way are not followed.
void match_below(const SourceTree& tree, const std::string& dir,
                 const std::vector<std::string>& components, std::size_t at,
                 std::vector<SelectedPath>& found) {
  std::optional<Fd> opened = tree.root.find_in(dir, O_RDONLY | O_DIRECTORY);
  if (!opened) return;
  for (const sys::DirEntry& entry : sys::list_dir(*opened)) {
    if (!match_path(components[at], entry.name)) continue;
    std::string path = child(dir, entry.name);
    if (at + 1 == components.size()) {
      if (is_selectable(tree, path)) found.push_back(path);
    } else if (S_ISDIR(sys::stat_at(*opened, entry.name.c_str()).st_mode)) {
      match_below(tree, path, components, at + 1, found);
    }
  }
}

// The deepest directory of `path` that is there, and the component that is not.
std::pair<std::string, std::string> where_it_ends(const SourceTree& tree, const std::string& path) {
  std::string dir = "/";
  for (const std::string& part : split(path.substr(1), '/')) {
    std::string next = child(dir, part);
    if (!tree.root.find_in(next, O_PATH)) return {dir, part};
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

std::string explain_missing(const SourceTree& tree, const std::string& written) {
  std::string path = rooted_path(written);
  if (tree.filter != nullptr) {
    std::string rule = tree.filter->explain(path.substr(1));
    if (!rule.empty() && tree.root.find_in(path, O_PATH)) return "it is excluded by " + rule;
  }
  if (clean_path(written).starts_with("..")) {
    return fmt::format("paths cannot leave the build context, so this means {}", path);
  }
  auto [dir, missing] = where_it_ends(tree, path);
  if (missing.empty()) return "";
  std::vector<std::string> names;
  for (const sys::DirEntry& entry : sys::list_dir(tree.root.open_in(dir, O_RDONLY | O_DIRECTORY))) {
    names.push_back(entry.name);
    if (equal_fold(entry.name, missing)) {
      return fmt::format("there is {}: the letter case differs", child(dir, entry.name));
    }
  }
  std::sort(names.begin(), names.end());
  if (std::optional<std::string> near = nearest(missing, names)) {
    return fmt::format("did you mean {}?", child(dir, *near));
  }
  if (dir == "/") return "";
  return fmt::format("{} is there, and has no {}", dir, missing);
}

}  // namespace cairn::solver
