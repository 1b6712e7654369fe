// SPDX-License-Identifier: Apache-2.0
//
// Runs one network of a step and the helper program that connects it: see network_keeper.h.
#pragma once

#include <cstdint>

#include "base/sys/fd.h"
#include "sandbox/network_helper.h"

namespace cairn::sandbox {

// Runs as pid 1 of a pid namespace, with a mount namespace of its own that shows what the builder
// sees. Ends when the channel closes, when the helper ends, or when a step has left something.
[[noreturn]] void run_network_guardian(sys::Fd channel, const HelperProgram& helper, bool of_step,
                                       std::uint32_t last_gid);

}  // namespace cairn::sandbox
