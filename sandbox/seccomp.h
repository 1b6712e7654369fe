// SPDX-License-Identifier: Apache-2.0
//
// The system calls a step may make: a BPF program for seccomp(2), equal in effect to docker's
// default profile for the default capabilities. Building it costs two milliseconds, so it is built
// once, and the program is what each step installs.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace cairn::sandbox {

struct SeccompFilter {
  std::vector<sock_filter> program;
};

SeccompFilter compile_default_filter();
// For this process and all it will run. Needs CAP_SYS_ADMIN in its user namespace: we do not set
// no_new_privs, so that sudo works in a step.
void install(const SeccompFilter& filter);

}  // namespace cairn::sandbox
