// SPDX-License-Identifier: Apache-2.0
//
// The control groups as steps see them. A host shows all its groups by name in /sys/fs/cgroup and
// /proc/self/cgroup: services, users, ids of containers. In a cgroup namespace our own group is
// "/", and nothing beside or above it is visible (cgroup_namespaces(7)). Programs read the limits
// that apply to them there and size themselves accordingly.
#pragma once

#include "base/sys/fd.h"

namespace cairn::sandbox {

// Moves the calling process into a cgroup namespace of its own.
void enter_cgroup_namespace();
// Mounts the hierarchies of `host`, the host's /sys/fs/cgroup, on `target` as seen from our
// namespace: one hierarchy (version 2), or a directory with one for each of version 1. If it
// throws, nothing is mounted.
void mount_cgroup_view(const sys::Fd& host, const sys::Fd& target);

}  // namespace cairn::sandbox
