// SPDX-License-Identifier: Apache-2.0
//
// Words that name a git repository, as ADD, build contexts and --build-context take them:
//
//   https://host/path.git[#ref[:subdir]]   http and https only when the path ends in ".git"
//   git://host/path, ssh://user@host/path, user@host:path
//   github.com/owner/name                  a build context alone: for ADD this is a path
//   ...?ref=R&subdir=D&...                 tag, branch, checksum (or commit), keep-git-dir,
//                                          submodules, mtime, fetch-by-commit
//
// The rules are those of BuildKit's dfgitutil.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "plan/plan.h"

namespace cairn::plan {

struct GitRef {
  GitOp op = {};
  std::optional<bool> keep_git_dir = {};  // said in the word itself
  bool looks_local = false;               // github.com/owner/name
};

// Nothing when the word names no repository. Throws kDockerfile, without a span, for one that does
// with a query that makes no sense.
std::optional<GitRef> find_git_ref(std::string_view word);

// The name of a file of the web: the last part of its URL's path.
std::string file_name_of(std::string_view url);

// Throws for a checksum that is no commit, or that contradicts the ref.
void check_git_op(const GitOp& op);
bool is_commit(std::string_view text);  // a whole object name: 40 or 64 hex digits

}  // namespace cairn::plan
