// SPDX-License-Identifier: Apache-2.0
//
// Keeps the build cache within its bounds after each build that made something.
#pragma once

#include "cli/store/space_options.h"

namespace cairn::cli {

class Session;

struct GcOptions {
  bool off = false;
  SpaceOptions space;  // BuildKit's defaults for what is not given
};

// Declares the options and their environment variables.
void declare_gc_options(CLI::App& app, GcOptions& options);

// Throws kUsage for amounts that cannot be parsed, so that this fails before the build, not after
// it.
void check_gc_options(const GcOptions& options);

// Writes down which records this build used; eviction goes by last use. Prints a note on failure.
void remember_uses(Session& session);

// Deletes what was not used for longest until the store is within its bounds, and prints a note. It
// spares whatever this build or another running process made or found. A fully cached build has
// nothing to collect. Neither function throws if something goes wrong: the build is done.
void collect_after_build(Session& session, const GcOptions& options);

}  // namespace cairn::cli
