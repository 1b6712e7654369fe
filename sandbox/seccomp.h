// SPDX-License-Identifier: Apache-2.0
//
// The system calls a step may make: a BPF program for seccomp(2), equal in effect to docker's
// default profile for the default capabilities. Compiling it takes two milliseconds, so this is
// done once, and each step installs the result.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "base/sys/fd.h"

namespace cairn::sandbox {

struct SeccompFilter {
  std::vector<sock_filter> program;  // notifies a listener of mknod(2) of devices
  std::vector<sock_filter> silent;   // the same without a listener
};

SeccompFilter compile_default_filter();
// Installs the filter for this process and everything it executes. Needs CAP_SYS_ADMIN in its user
// namespace, because no_new_privs is not set, so that sudo works in a step. Returns the listener,
// or an empty Fd if the kernel has none for us, as below a filter that has a listener already
// (EBUSY); then the silent program is installed. Throws kHost.
sys::Fd install(const SeccompFilter& filter);

}  // namespace cairn::sandbox
