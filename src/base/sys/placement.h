// SPDX-License-Identifier: Apache-2.0
//
// Hints to the filesystem about the placement of files on the disk.
#pragma once

#include "base/sys/fd.h"

namespace cairn::sys {

// Marks the subdirectories of `dir` as unrelated ("chattr +T"), so that the filesystem starts each
// in its own block group. Trees that are written in parallel then do not compete for the inodes of
// one group, and recently deleted ones are not in the way. Works on ext2 to ext4 (the Orlov
// allocator); does nothing elsewhere.
void spread_subdirectories(const Fd& dir);

}  // namespace cairn::sys
