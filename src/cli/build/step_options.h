// SPDX-License-Identifier: Apache-2.0
//
// The build flags that configure RUN steps: network, hosts, limits and entitlements.
#pragma once

#include "cli/build/build_flags.h"
#include "plan/build_options.h"

namespace cairn::cli {

// Reads --network, --add-host, --shm-size, --ulimit and --allow into `options`. Throws kUsage.
void read_step_options(const BuildFlags& flags, plan::BuildOptions& options);

}  // namespace cairn::cli
