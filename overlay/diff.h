// SPDX-License-Identifier: Apache-2.0
//
// From an upper directory to the changes it makes, as BuildKit's overlay differ sees them (and so
// with equal diffIDs for equal trees): walk the upper only, never the whole root, and look below
// for each name in it. Several upper directories are walked as one, for their net effect: what one
// of them makes and a later one deletes is no change.
//
// - A whiteout for a name that is not below is dropped.
// - An opaque directory is told as single deletions of what it hides.
// - An entry equal to the one below (copied up, then put back; a directory merely walked through)
// is
//   no change. For directories the mtime does not count: it moves with every child.
// - Every change is preceded by its parent directories, changed or not; the root is never named.
// - Later names of an inode are links to its first; an unchanged name of it follows as a link too.
// - Sockets are not part of a layer.
#pragma once

#include "overlay/change.h"
#include "overlay/mount.h"

namespace cairn::overlay {

// Each directory's entries in byte order, a directory before what is in it. `below` holds one
// directory at most, or the caller may mount; `upper` is never mounted.
Changes diff(const LayerStack& upper, const LayerStack& below);

}  // namespace cairn::overlay
