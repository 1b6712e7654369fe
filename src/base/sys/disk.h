// SPDX-License-Identifier: Apache-2.0
//
// Free space of a filesystem, and the space that a tree takes. Sizes are bytes.
#pragma once

#include <cstdint>
#include <string>

#include "base/sys/fd.h"

namespace cairn::sys {

struct DiskSpace {
  std::int64_t total = 0;
  std::int64_t free = 0;       // not used by anyone
  std::int64_t available = 0;  // free to unprivileged users, which is less
};

// The space of the filesystem that `path` is on (statvfs(3)). Throws kHost.
DiskSpace disk_space(const std::string& path);

// The bytes on disk of `dir` and everything below it. A file with n names counts 1/n for each name
// in the tree, so trees that share files add up to what they take together. Directories that cannot
// be read count as empty.
std::int64_t disk_usage(const Fd& dir);

}  // namespace cairn::sys
