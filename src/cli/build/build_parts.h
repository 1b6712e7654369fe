// SPDX-License-Identifier: Apache-2.0
//
// What one `cairn build` command line works with: images, agents, remote files and the inputs,
// fetched if they are not here. Used by a build and by answers about a Dockerfile.
#pragma once

#include "cache/local_cache.h"
#include "cli/build/build_flags.h"
#include "cli/build/build_inputs.h"
#include "cli/build/fetch_context.h"
#include "cli/build/secrets_and_agents.h"
#include "cli/session.h"
#include "solver/solver.h"
#include "source/git_servers.h"
#include "source/images.h"
#include "source/remote_files.h"

namespace cairn::cli {

// Neither copied nor moved, because its members refer to each other.
class BuildParts {
 public:
  // Reads and fetches; throws what read_build_inputs() throws. Borrows both arguments. The session
  // needs no launcher unless source::must_fetch().
  BuildParts(Session& session, const BuildFlags& flags);
  BuildParts(const BuildParts&) = delete;
  BuildParts& operator=(const BuildParts&) = delete;

  source::Images images;
  cache::LocalCache local_cache;
  cache::StepCache cache;
  Agents agents;
  source::RemoteFiles web;
  source::GitServers git_servers;
  BuildInputs inputs;
  solver::SolverServices services;
  SessionFetcher fetcher;
};

}  // namespace cairn::cli
