// SPDX-License-Identifier: Apache-2.0
//
// Overlay mounts. overlayfs shows a stack of directories as one tree: the lower directories are
// only read, and what a process changes lands in the upper directory – new and copied-up files as
// they are, a deletion as a "whiteout" (a 0/0 character device of that name), a directory that
// hides all below it as "opaque" (an extended attribute). Such an upper directory, once nobody
// writes to it, is a lower directory for the next step: that is all a snapshot is.
//
// Every mount uses `userxattr`, as root too, so that the marks are user.overlay.* attributes and a
// snapshot has one form wherever it was made. The caller stands in the user and mount namespaces in
// which the mounts shall live.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/sys/mount.h"

namespace cairn::overlay {

// Lower directories, absolute paths, the lowest layer first.
struct LayerStack {
  std::vector<std::string> lowers;
  bool operator==(const LayerStack&) const = default;
};

// `workdir` is overlayfs's scratch place on the filesystem of `upperdir`. Under kVolatile it serves
// one mount only: the kernel refuses to use it again.
struct Upper {
  std::string upperdir;
  std::string workdir;
};

enum class Durability { kVolatile, kSynced };  // kVolatile: the mount never syncs its upper

constexpr std::size_t kMaxLowers = 500;  // OVL_MAX_STACK of the kernel

// The merged tree, attached nowhere; without an upper it is read-only. A single lower is no
// exception, since a plain bind of it would show overlayfs's marks and inherit noexec from the
// store. Where overlayfs wants a second directory an empty one is made, as "<workdir>.empty" or
// "<lower>.empty". More than kMaxLowers is kLimit.
sys::MountTree mount_overlay(const LayerStack& stack, const std::optional<Upper>& upper,
                             Durability durability);

// Does a whole overlay life in a new directory below `dir`: mount, append to a lower file, remove
// it, replace a lower directory, and look at what the upper then holds (a mount alone proves
// little: without userxattr it works in a user namespace, until a directory is removed). Nothing
// when all is fine.
std::optional<Error> probe_overlay(const std::string& dir);

}  // namespace cairn::overlay
