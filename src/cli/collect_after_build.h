// SPDX-License-Identifier: Apache-2.0
//
// The bound on the build cache, kept after each build that made something.
#pragma once

#include "cli/space_options.h"

namespace cairn::cli {

class Session;

struct GcOptions {
  bool off = false;
  SpaceOptions space;  // BuildKit's defaults where nothing is said
};

// Declares them, with their environment variables.
void declare_gc_options(CLI::App& app, GcOptions& options);

// kUsage for amounts that are none: before a build rather than after it.
void check_gc_options(const GcOptions& options);

// Writes which records were used, for the choice of what goes.
void remember_uses(Session& session);

// Takes what was not used for longest until the store keeps its bounds, and says so; nothing that
// this build made or found, and nothing at all while another process has the store open. A build
// that found everything in the cache has nothing to collect. Neither throws for what goes wrong:
// the build is done.
void collect_after_build(Session& session, const GcOptions& options);

}  // namespace cairn::cli
