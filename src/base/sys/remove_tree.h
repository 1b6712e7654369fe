// SPDX-License-Identifier: Apache-2.0
//
// Removes a tree that may hold millions of files, with a way to stop. remove_tree_at() in
// base/sys/fd.h is the same without one.
#pragma once

#include <stop_token>

#include "base/sys/fd.h"

namespace cairn::sys {

// Removes the tree at `path` below `dir`, checking `stop` between files. Returns true when nothing
// is left. Directories are read in pieces, so the memory used does not depend on their size. Throws
// kHost when something cannot be removed. Several processes may remove one tree together.
bool remove_tree_until(const Fd& dir, const char* path, const std::stop_token& stop);

}  // namespace cairn::sys
