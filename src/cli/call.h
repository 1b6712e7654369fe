// SPDX-License-Identifier: Apache-2.0
//
// --call: what else may be done with a Dockerfile than to build it, and in which form the answer
// comes. The grammar is buildx's.
#pragma once

#include <string>

#include "cli/build_flags.h"
#include "cli/session.h"

namespace cairn::cli {

enum class CallKind { kBuild, kCheck, kOutline, kTargets, kDescribe };

struct Call {
  CallKind kind = CallKind::kBuild;
  bool json = false;
  bool ignore_status = false;  // warnings do not count
};

// "check,format=json", "outline", "lint" (an older name of check) ... Throws kUsage.
Call parse_call(const std::string& text);
Needs needs_of(const Call& call, const BuildFlags& flags);

// Any but kBuild: prints the answer on stdout and gives the exit status. A check that finds
// something ends with that of a wrong Dockerfile.
int run_call(Session& session, const BuildFlags& flags, const Call& call);

}  // namespace cairn::cli
