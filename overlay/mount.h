// SPDX-License-Identifier: Apache-2.0
//
// Overlay mounts. overlayfs shows a stack of directories as one tree. The lower directories are
// only read. What a process changes lands in the upper directory: new and copied-up files as they
// are, a deletion as a "whiteout" (a 0/0 character device of that name), and a directory that hides
// all below it as "opaque" (an extended attribute). Once nobody writes to it, such an upper
// directory is a lower directory for the next step: that is all a snapshot is.
//
// Every mount uses `userxattr`, also as root, so that the marks are user.overlay.* attributes and a
// snapshot has one form wherever it was made. The caller must be in the user and mount namespaces
// in which the mounts are to live.
#pragma once

#include <cstddef>
#include <optional>

#include "base/sys/mount.h"
#include "overlay/layer_stack.h"

namespace cairn::overlay {

enum class Durability { kVolatile, kSynced };  // kVolatile: the mount never syncs its upper

constexpr std::size_t kMaxLowers = 500;  // OVL_MAX_STACK of the kernel

// Returns the merged tree, not attached to any path; without an upper it is read-only. A single
// lower gets an overlay too: a plain bind mount would show overlayfs's marks and inherit noexec
// from the store. overlayfs needs two directories; where there is only one, an empty one is made as
// "<workdir>.empty" or "<lower>.empty". Throws kLimit above kMaxLowers.
sys::MountTree mount_overlay(const LayerStack& stack, const std::optional<Upper>& upper,
                             Durability durability);

}  // namespace cairn::overlay
