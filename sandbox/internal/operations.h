// SPDX-License-Identifier: Apache-2.0
//
// The operations that set up a step, by name, and which of them a step cannot do without. Required
// is what isolates a step from the host and from other steps, and what determines the bytes of its
// layer. The rest is tried: if the host refuses it (a filter around us, a kernel without the
// feature), that costs a note and never the build. step_setup.h puts them in order, step_process.cc
// carries them out.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "base/attempt.h"
#include "base/error.h"

namespace cairn::sandbox {

enum class Operation {
  kAttachRoot,
  kMountProc,
  kMaskProc,
  kMountSys,
  kMaskSys,
  kMountDev,
  kMountPts,
  kMountShm,
  kMountMqueue,
  kLinkDev,
  kOpenNullStreams,
  kMountExtra,
  kOpenCwd,
  kFindUser,
  kMakeReadOnly,
  kEnterRoot,
  kEnterCwd,
  kHostname,
  kLoopback,
  kAbstractSockets,
  kTakeStreams,
  kStreamOwner,
  kSession,
  kTerminal,
  kRlimit,
  kResetProcess,
  kCloseDescriptors,
  kLimitCapabilities,
  kKeepCapabilities,
  kFilter,
  kBecomeUser,
  kHoldCapabilities,
  kCgroupNamespace,  // for the launcher, before any step
};

enum class Need { kRequired, kTried };

struct OperationRule {
  Operation operation;
  Need need;
  std::string_view doing;    // for errors: "while DOING"
  std::string_view without;  // for kTried: what steps are like without it, for the note
};

// One rule for each operation, in the order of the enum.
const OperationRule& rule_of(Operation operation);

// Notes for the user, each once per build: what could not be had, and what that means for steps.
using Notes = std::vector<std::string>;

// "set the host name x: Operation not permitted; steps see the name of this host".
std::string note_of(Operation operation, const Error& error);

// Calls `act`. If a required operation fails, the error is rethrown; if a tried one fails, it
// becomes a note and false is returned.
template <typename Act>
bool carry_out(Operation operation, Notes& notes, Act act) {
  std::optional<Error> failure = failure_of(act);
  if (!failure) return true;
  if (rule_of(operation).need == Need::kRequired) throw *failure;
  notes.push_back(note_of(operation, *failure));
  return false;
}

}  // namespace cairn::sandbox
