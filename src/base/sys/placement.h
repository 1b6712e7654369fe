// SPDX-License-Identifier: Apache-2.0
//
// Hints to the filesystem about where on the disk things go.
#pragma once

#include "base/sys/fd.h"

namespace cairn::sys {

// Says that the directories in `dir` have nothing to do with each other, so that each begins in a
// part of the disk of its own ("chattr +T"): trees written side by side do not take turns at one
// group's inodes, and what was deleted a moment ago is not in the way. Ext4 and its elders listen
// (Orlov's allocator); elsewhere nothing happens.
void spread_subdirectories(const Fd& dir);

}  // namespace cairn::sys
