// SPDX-License-Identifier: Apache-2.0
//
// How the builder becomes root: it enters a user namespace of its own, in which it may mount, chown
// and unpack, and a mount namespace in which nobody else sees its mounts.
//
// This happens in place, once, early in main. unshare(2) refuses to make a user namespace for a
// process with several threads, and main has only one at that point. So the process keeps its pid,
// and signals, exit status and terminal work as before. Whatever must be written from outside the
// new namespace (its id maps) is written by a helper forked just before, which dies with us.
#pragma once

#include <string>
#include <vector>

#include "sandbox/id_map.h"
#include "sandbox/probe.h"
#include "sandbox/rungs.h"

namespace cairn::sandbox {

// Proof that the process has entered. Only enter_builder_namespace() makes one, so a function that
// takes it cannot be called by a process that failed to enter.
struct BuilderNamespace {
  Identity identity = Identity::kI0;
  IdMap uid_map;
  IdMap gid_map;
  bool may_set_groups = true;  // false with a single id, where setgroups(2) is denied
  Probe probe;                 // what was found on the way, for `choose` and for `doctor`
  std::vector<std::string>
      notes;  // one line each, for the user: what this rung costs and how to climb

  // For a process that was put into such a namespace by something else, as in tests.
  static BuilderNamespace of_caller() { return {}; }

 private:
  friend BuilderNamespace enter_builder_namespace(const RungRequest& request);
  BuilderNamespace() = default;
};

// Makes the calling process root of its own user namespace (except for real root), with its own
// mount namespace. The process must have one thread; afterwards it has uid 0 and gid 0. Its
// supplementary groups stay, so it can read what the user can read. Throws kHost.
BuilderNamespace enter_builder_namespace(const RungRequest& request);

}  // namespace cairn::sandbox
