// SPDX-License-Identifier: Apache-2.0
//
// Words that name a git repository in ADD, build contexts and --build-context:
//
//   https://host/path.git[#ref[:subdir]]   http and https only when the path ends in ".git"
//   git://host/path, ssh://user@host/path, user@host:path
//   github.com/owner/name                  only as a build context: in ADD this is a path
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
  std::optional<bool> keep_git_dir = {};  // set by the query
  bool looks_local = false;               // github.com/owner/name
};

// nullopt when the word names no repository. Throws kDockerfile, without a span, when it does but
// its query is invalid.
std::optional<GitRef> find_git_ref(std::string_view word);

// The file name for a URL: the last part of its path, percent-decoded.
std::string file_name_of(std::string_view url);

// Throws kDockerfile, without a span, for a checksum that is no commit or contradicts the ref.
void check_git_op(const GitOp& op);
bool is_commit(std::string_view text);  // a full object name: 40 (SHA-1) or 64 (SHA-256) hex digits

}  // namespace cairn::plan
