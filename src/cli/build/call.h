// SPDX-License-Identifier: Apache-2.0
//
// --call: other things to do with a Dockerfile than building it, and the format of the answer. The
// grammar is that of buildx.
#pragma once

#include <string>

#include "cli/build/build_flags.h"
#include "cli/session.h"

namespace cairn::cli {

enum class CallKind { kBuild, kCheck, kOutline, kTargets, kDescribe };

struct Call {
  CallKind kind = CallKind::kBuild;
  bool json = false;
  bool ignore_status = false;  // warnings do not change the exit status
};

// Parses "check,format=json", "outline", "lint" (an older name of check) and so on. Throws kUsage.
Call parse_call(const std::string& text);
Needs needs_of(const Call& call, const BuildFlags& flags);

// Runs any call but kBuild: prints the answer on stdout and returns the exit status. A check with
// findings has the exit status of a wrong Dockerfile.
int run_call(Session& session, const BuildFlags& flags, const Call& call);

}  // namespace cairn::cli
