// SPDX-License-Identifier: Apache-2.0
//
// How much room there is, and how much of it a tree takes.
#pragma once

#include <cstdint>
#include <string>

#include "base/sys/fd.h"

namespace cairn::sys {

struct DiskSpace {
  std::int64_t total = 0;
  std::int64_t free = 0;       // that nothing lies on
  std::int64_t available = 0;  // that may be written to, which is less
};

// Of the filesystem that `path` lies on: statvfs(3).
DiskSpace disk_space(const std::string& path);

// The bytes on disk of `dir` and all below it. A file with several names counts a share for each
// that is here, so that trees which share files add up to what they take together. What may not be
// entered counts nothing.
std::int64_t disk_usage(const Fd& dir);

}  // namespace cairn::sys
