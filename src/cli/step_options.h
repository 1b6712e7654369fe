// SPDX-License-Identifier: Apache-2.0
//
// The flags of a build that say what its RUN steps get: network, hosts, limits, and what leaves the
// sandbox.
#pragma once

#include "cli/build_flags.h"
#include "plan/build_options.h"

namespace cairn::cli {

// --network, --add-host, --shm-size, --ulimit and --allow. Throws kUsage.
void read_step_options(const BuildFlags& flags, plan::BuildOptions& options);

}  // namespace cairn::cli
