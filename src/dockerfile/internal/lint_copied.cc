// SPDX-License-Identifier: Apache-2.0
//
// Follows COPY, ADD and WORKDIR of a stage until the next RUN, and compares the paths that a chmod
// or chown in it names. Only paths without variables and wildcards are compared: a missed case
// costs nothing, a wrong one costs trust.
#include "dockerfile/internal/lint_copied.h"

#include <algorithm>

#include "base/text.h"

namespace cairn::dockerfile {
namespace {

std::string base_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path.substr(path.rfind('/') + 1));
}

bool is_plain(std::string_view word) {
  return !word.empty() && word.find_first_of("$*?[`~{") == std::string_view::npos;
}

}  // namespace

void CopiedFiles::see(const Instruction& instruction) {
  if (const auto* copy = std::get_if<Copy>(&instruction)) {
    copied(copy->files, copy->origin);
  } else if (const auto* add = std::get_if<Add>(&instruction)) {
    copied(add->files, add->origin);
  } else if (const auto* workdir = std::get_if<Workdir>(&instruction)) {
    // A variable in WORKDIR makes relative paths unknown.
    workdir_ = is_plain(workdir->path) ? resolve(workdir->path) : "";
    if (!workdir_.starts_with('/')) workdir_.clear();
  } else if (const auto* run = std::get_if<Run>(&instruction)) {
    ran(*run);
    since_run_.clear();
  }
}

// An absolute path if the working directory is known, otherwise the relative path as it is.
std::string CopiedFiles::resolve(const std::string& path) const {
  if (path.starts_with('/')) return rooted_path(path);
  return workdir_.empty() ? clean_path(path) : rooted_path(workdir_ + "/" + path);
}

void CopiedFiles::copied(const FileSources& files, const Origin& origin) {
  if (!is_plain(files.dest)) return;
  Copied one{.keyword = to_upper(origin.keyword), .dest = resolve(files.dest), .names = {}};
  // Everything is below "/", so only the copied names count.
  if (one.dest == "/") one.dest.clear();
  auto lies = [&](const std::string& name) { one.names.push_back(one.dest + "/" + name); };
  for (const std::string& path : files.paths) {
    if (is_plain(path)) lies(base_name(path));
  }
  for (const InlineSource& source : files.inline_sources) lies(source.name);
  since_run_.push_back(std::move(one));
}

void CopiedFiles::ran(const Run& run) {
  if (since_run_.empty()) return;
  for (const ShellCommand& command : shell_commands(text_of(run))) {
    if (command[0] == "cd") return;  // relative paths are unknown from here on
    if (command[0] == "chmod" || command[0] == "chown") changed(command, run);
  }
}

void CopiedFiles::changed(const ShellCommand& command, const Run& run) {
  auto is_flag = [](const std::string& word) {
    // -R, --recursive; a mode such as -x is no flag.
    return word.starts_with("--") || word.starts_with("-R") || word == "-v" || word == "-f" ||
           word == "-h";
  };
  auto spec = std::find_if_not(command.begin() + 1, command.end(), is_flag);
  if (spec == command.end() || !is_plain(*spec)) return;
  for (auto path = spec + 1; path != command.end(); ++path) {
    const std::string* keyword = is_plain(*path) ? find_copy(resolve(*path)) : nullptr;
    if (keyword == nullptr) continue;
    linter_.report(rules::kChangedAfterCopy, run.origin, command[0], *path, *keyword, *spec);
    return;
  }
}

// The keyword of the instruction that copied this path, or a directory that contains it; null if
// none did.
const std::string* CopiedFiles::find_copy(const std::string& path) const {
  for (const Copied& one : since_run_) {
    bool below = !one.dest.empty() && (path == one.dest || path.starts_with(one.dest + "/"));
    bool named = std::find(one.names.begin(), one.names.end(), path) != one.names.end();
    if (below || named) return &one.keyword;
  }
  return nullptr;
}

}  // namespace cairn::dockerfile
