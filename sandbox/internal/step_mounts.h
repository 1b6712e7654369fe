// SPDX-License-Identifier: Apache-2.0
//
// What a step sees besides its image: /proc, /sys, /dev and the mounts of its spec. Everything is
// attached to descriptors resolved inside the root, never to paths.
#pragma once

#include "base/sys/root_dir.h"
#include "sandbox/internal/step_request.h"

namespace cairn::sandbox {

// All functions run in the step's process, whose root is still the launcher's bare root. They throw
// kHost, and kDockerfile for a mount point that the image makes impossible.

// Attaches the step's root in this mount namespace and returns its directory. Device nodes of an
// image do not work in it (nodev): for real root they would open the host's disks.
sys::RootDir attach_root(const sys::MountTree& tree);

// Each of these three makes its mount the working directory.
void mount_proc(const sys::RootDir& root);
void mount_sys(const sys::RootDir& root, const StepRequest& request);
void mount_dev(const sys::RootDir& root);  // with its nodes, and directories for the mounts in it

// These work in /proc, /sys or /dev as the working directory.
void mask_proc();
void mask_sys();
void mount_pts(const IdMap& gid_map);
void mount_shm(std::uint64_t size);
void mount_mqueue();
void link_dev();

void mount_extra(const sys::RootDir& root, const StepRequest& request, const MountPoint& mount);
void make_read_only(const sys::RootDir& root);

// Makes `root` the root of this process, and leaves everything else.
void pivot_step_into(const sys::RootDir& root);

}  // namespace cairn::sandbox
