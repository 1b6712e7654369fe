// SPDX-License-Identifier: Apache-2.0
//
// Level by level instead of by `git submodule update --recursive`: the URLs of a level are known
// only when the level above is checked out, and each must be checked before git asks its server.
// What is found for a level is given to git by url.X.insteadOf, so .gitmodules and .git/config keep
// the URLs that they have.
#include "solver/fetch/git_submodules.h"

#include <fcntl.h>

#include <map>

#include "base/error.h"
#include "base/logins.h"
#include "base/text.h"

namespace cairn::solver {
namespace {

using Words = std::vector<std::string>;

constexpr int kMaxDepth = 32;  // of submodules in submodules

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Submodules by name: the value of submodule.NAME.`key` in the output of `git config --null`.
std::map<std::string, std::string> read_values(const std::string& output, const std::string& key) {
  if (!output.empty() && !output.ends_with('\0')) {  // longer than GitSandbox reads
    throw Error(ErrorKind::kLimit, "a repository has too many submodules");
  }
  std::map<std::string, std::string> values;
  for (const std::string& record : split(output, '\0')) {
    std::size_t end = record.find("." + key + "\n");
    if (end == std::string::npos) continue;
    std::size_t begin = std::min(record.find('.') + 1, end);
    values[record.substr(begin, end - begin)] = record.substr(end + key.size() + 2);
  }
  return values;
}

}  // namespace

struct GitSubmodules::Level {
  Words git;                     // options that name the repository
  std::string path;              // of its checkout below kCheckout, "" or "a/b/"
  source::AddressLimits limits;  // of its server
  int depth = 0;
};

void GitSubmodules::update(const char* git_dir, const std::string& remote,
                           const source::AddressLimits& limits) {
  Words git = {"--work-tree", GitSandbox::kCheckout, "--git-dir", git_dir};
  // Our copy of a repository has no origin, by which relative URLs are resolved.
  update_level({.git = git + Words{"-c", "remote.origin.url=" + remote},
                .path = "",
                .limits = limits,
                .depth = 0});
}

void GitSubmodules::update_level(const Level& level) {
  if (!checkout_.find_stat(level.path + ".gitmodules", sys::Follow::kNo)) return;
  if (level.depth == kMaxDepth) {
    throw Error::of(ErrorKind::kLimit, "submodules are nested more than {} deep", kMaxDepth);
  }
  git_.run(level.git + Words{"submodule", "--quiet", "init"});
  auto read = [&](Words from, const std::string& key) {
    Words config = {"config", "--null"};
    // It fails if nothing matches.
    auto output = git_.try_run(level.git + config + from +
                               Words{"--get-regexp", "^submodule\\..*\\." + key + "$"});
    return read_values(output.value_or(""), key);
  };
  std::map<std::string, std::string> urls = read({}, "url");
  std::map<std::string, std::string> paths = read({"--file", ".gitmodules"}, "path");
  GitConfig config;
  std::map<std::string, source::AddressLimits> beyond;
  for (const auto& [name, url] : urls) {
    ErrorContext context([&name = name] {
      return "submodule " + mask_logins(name) + " (submodules=false leaves all out)";
    });
    GitRoute route = git_.find_route(RemoteUrl(url), url, level.limits);
    config.insert(config.end(), route.config.begin(), route.config.end());
    beyond[name] = route.beyond;
  }
  git_.use(config);
  git_.run(level.git + Words{"submodule", "--quiet", "update", "--depth=1"});
  for (const auto& [name, limits] : beyond) {
    std::string path = level.path + paths[name] + "/";
    // A file .git is made by git alone: a tree cannot have one.
    auto git_file = checkout_.find_stat(path + ".git", sys::Follow::kNo);
    if (paths[name].empty() || !git_file || !S_ISREG(git_file->st_mode)) continue;
    update_level({.git = {"-C", GitSandbox::kCheckout + ("/" + path)},
                  .path = path,
                  .limits = limits,
                  .depth = level.depth + 1});
  }
}

}  // namespace cairn::solver
