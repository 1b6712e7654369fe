// SPDX-License-Identifier: Apache-2.0
//
// Checks out the submodules of a repository, and theirs. A submodule's URL is chosen by its
// repository, so it may lead no closer to this host than a redirect of that repository's server.
#pragma once

#include <string>

#include "solver/fetch/git_sandbox.h"

namespace cairn::solver {

class GitSubmodules {
 public:
  // Borrows both; `checkout` is what the sandbox has as its kCheckout.
  GitSubmodules(GitSandbox& git, const sys::RootDir& checkout) : git_(git), checkout_(checkout) {}

  // For the repository that is checked out at kCheckout. URLs relative to its own are resolved
  // against `remote`; `limits` are GitRoute::beyond of its server. Throws kRegistry for one that
  // cannot be fetched or that leads where it may not, kLimit for more than a repository has in
  // earnest, kCancelled.
  void update(const char* git_dir, const std::string& remote, const source::AddressLimits& limits);

 private:
  struct Level;
  void update_level(const Level& level);

  GitSandbox& git_;
  const sys::RootDir& checkout_;
};

}  // namespace cairn::solver
