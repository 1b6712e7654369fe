// SPDX-License-Identifier: Apache-2.0
//
// From symptoms to causes: what on a host blocks a call that failed, and how to open it. Kernels
// return EPERM for a dozen reasons; the facts beside the errno tell them apart.
#pragma once

#include <string>

#include "base/error.h"
#include "sandbox/probe.h"

namespace cairn::sandbox {

// Errors of kind kHost. `what` says which rung is unavailable; the message adds the failed call and
// its cause; the hint is the shortest fix.
Error unavailable_identity(const Probe& probe, const std::string& what);
Error unavailable_isolation(const Probe& probe, ProbeItem deciding, const std::string& what);
Error unavailable_snapshot(const Probe& probe, const std::string& what);

// How this user can get more than one id: one sentence with a command.
std::string how_to_get_ids(const HostFacts& facts);

}  // namespace cairn::sandbox
