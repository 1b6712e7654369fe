// SPDX-License-Identifier: Apache-2.0
//
// The launcher's own root: a tmpfs with the little that steps need of the host, and nothing else. A
// step starts as a copy of the launcher's mount namespace, so a small one is copied and torn down
// quickly, and between its clone and its pivot_root nothing of the host is in reach.
//
//   /proc   the host's, whole: the kernel lets a user namespace mount a new proc only while it sees
//   one /sys    without its own submounts where we may have that /dev    null zero full random
//   urandom tty, as bound files /empty  an empty read-only directory, to mask others with /root
//   where a step attaches its root
#pragma once

#include "sandbox/rungs.h"

namespace cairn::sandbox {

// Leaves the calling process in such a root, in a mount namespace of its own.
void enter_bare_root(Identity identity);

}  // namespace cairn::sandbox
