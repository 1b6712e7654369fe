// SPDX-License-Identifier: Apache-2.0
//
// The symptom dictionary: which lock of a host is shut when a call fails, and how to open it.
// Kernels answer EPERM for a dozen reasons; the facts beside the errno tell them apart.
#pragma once

#include <string>

#include "base/error.h"
#include "sandbox/probe.h"

namespace cairn::sandbox {

// Errors of kind kHost: `what` says which rung is out of reach, the message goes on with the call
// that failed and its cause, the hint is the shortest fix.
Error shut_identity(const Probe& probe, const std::string& what);
Error shut_isolation(const Probe& probe, Question deciding, const std::string& what);
Error shut_snapshot(const Probe& probe, const std::string& what);

}  // namespace cairn::sandbox
