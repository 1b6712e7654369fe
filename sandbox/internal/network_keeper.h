// SPDX-License-Identifier: Apache-2.0
//
// The processes behind sandbox::Networks.
//
//   builder ── "make KIND", channel ──▶ keeper ── clone ──▶ guardian ── fork, exec ──▶ helper
//   builder ◀────────────── the namespace; "clean" or not ── guardian
//
// The keeper is forked from main while that is small and has one thread; it only makes guardians.
// Each guardian makes one network namespace, has a helper program connect it, and keeps both until
// its channel closes. Keeper and guardians are pid 1 of pid namespaces of their own, so everything
// below them dies with them, whatever a helper does with its signals, its ids or its parent. Steps
// are in other pid namespaces and see none of this.
#pragma once

#include <cstdint>
#include <vector>

#include "base/sys/fd.h"
#include "base/sys/process.h"
#include "sandbox/network_helper.h"

namespace cairn::sandbox {

// Forks the keeper, which ends when its control socket closes.
sys::Process start_network_keeper(const sys::Fd& ours, sys::Fd theirs,
                                  const std::vector<HelperProgram>& helpers,
                                  std::uint32_t last_gid);

}  // namespace cairn::sandbox
