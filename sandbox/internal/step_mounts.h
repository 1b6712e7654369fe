// SPDX-License-Identifier: Apache-2.0
//
// What a step sees beside its image: /proc, /sys, /dev and the mounts of its spec. All of it is
// attached to descriptors resolved inside the root, never to paths.
#pragma once

#include "base/sys/root_dir.h"
#include "sandbox/internal/step_process.h"

namespace cairn::sandbox {

// Attaches the step's root in this mount namespace and gives its directory. Device nodes of an
// image are dead in it: as real root they would open the host's disks.
sys::RootDir attach_root(const sys::MountTree& tree);

// Run by the step's process, whose root is still the launcher's bare root.
void mount_proc(const sys::RootDir& root, const SandboxSpec& spec);
void mount_sys(const sys::RootDir& root, const SandboxSpec& spec);
void mount_dev(const sys::RootDir& root, const SandboxSpec& spec, const StepWorld& world);
void mount_extras(const sys::RootDir& root, const StepRequest& request);
void make_read_only(const sys::RootDir& root);

// Makes `root` the root of this process and lets go of everything else.
void pivot_into(const sys::RootDir& root);

}  // namespace cairn::sandbox
