// SPDX-License-Identifier: Apache-2.0
//
// How the builder becomes root: it enters a user namespace of its own, in which it may mount, chown
// and unpack, and a mount namespace in which nobody else sees what it mounts.
//
// It happens in place, once, early in main. unshare(2) refuses a process with threads, and main has
// none yet, or no longer; so the process keeps its pid, and signals, exit status and terminal stay
// what they were. What must be written from outside the new namespace (its id maps) is written by a
// helper forked just before, which dies with us.
#pragma once

#include <string>
#include <vector>

#include "sandbox/id_map.h"
#include "sandbox/probe.h"
#include "sandbox/rungs.h"

namespace cairn::sandbox {

struct BuilderNamespace {
  Identity identity = Identity::kI0;
  IdMap uid_map;
  IdMap gid_map;
  bool may_set_groups = true;  // setgroups(2) is denied with a single id
  Probe probe;                 // what was found on the way, for `choose` and for `doctor`
  std::vector<std::string>
      notes;  // one line each, for the user: what this rung costs and how to climb
};

// Makes the calling process root of its own user namespace (nothing to do for real root) with its
// own mount namespace. The process must have one thread, and has uid 0 and gid 0 afterwards; its
// supplementary groups stay, so that it reads what the user may read. Throws kHost.
BuilderNamespace enter_builder_namespace(const Wishes& wishes);

}  // namespace cairn::sandbox
