// SPDX-License-Identifier: Apache-2.0
//
// What one command line of `cairn build` works with, for a build as for an answer about a
// Dockerfile: images, agents, files of the web and the inputs, fetched if they are not here.
#pragma once

#include "cli/build_flags.h"
#include "cli/build_inputs.h"
#include "cli/fetch_context.h"
#include "cli/lent.h"
#include "cli/session.h"
#include "solver/solver.h"
#include "source/images.h"
#include "source/web_files.h"

namespace cairn::cli {

// Neither copied nor moved: its members refer to each other.
class BuildParts {
 public:
  // Reads and fetches; throws what read_build_inputs throws. Borrows both. A session without a
  // launcher will do unless must_fetch(flags).
  BuildParts(Session& session, const BuildFlags& flags);
  BuildParts(const BuildParts&) = delete;
  BuildParts& operator=(const BuildParts&) = delete;

  source::Images images;
  Agents agents;
  source::WebFiles web;
  BuildInputs inputs;
  solver::Workshop shop;
  SessionFetcher fetcher;
};

}  // namespace cairn::cli
