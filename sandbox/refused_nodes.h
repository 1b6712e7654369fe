// SPDX-License-Identifier: Apache-2.0
//
// mknod(2) of devices in a step. The kernel allows it only with CAP_MKNOD in the initial user
// namespace, which no step has, and its plain EPERM explains nothing. So the step's filter notifies
// the launcher of such calls (SECCOMP_RET_USER_NOTIF, seccomp_unotify(2)); the launcher notes them
// and lets the kernel give its own answer.
#pragma once

#include <string>

#include "base/sys/fd.h"

namespace cairn::sandbox {

// How many there were, and the first of them.
struct RefusedNodes {
  unsigned count = 0;
  bool is_block = false;
  unsigned major_number = 0;
  unsigned minor_number = 0;
};

// One line with the call and the reason. Not for a count of 0.
std::string text(const RefusedNodes& nodes);

// Takes one call from the listener of a step's filter, once poll(2) reports it readable, and lets
// the call continue.
void note_node(const sys::Fd& listener, RefusedNodes& nodes);

}  // namespace cairn::sandbox
