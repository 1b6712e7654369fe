// SPDX-License-Identifier: Apache-2.0
//
// From an upper directory to the changes it makes, as BuildKit's overlay differ sees them, so that
// equal trees have equal diffIDs. Only the upper directory is walked, never the whole root; each
// name in it is looked up below. Several upper directories are walked as one, for their net effect:
// what one of them makes and a later one deletes is no change.
//
// - A whiteout for a name that does not exist below is dropped.
// - An opaque directory becomes one deletion for each entry that it hides.
// - An entry equal to the one below is no change: it was copied up and put back, or is a directory
//   that was only walked through. The mtime of a directory does not count: it moves with every
//   child.
// - Every change is preceded by its parent directories, changed or not. The root itself is never
//   listed.
// - Later names of an inode are links to its first one. An unchanged name of a changed inode
//   follows as a link too.
// - Sockets are not part of a layer.
#pragma once

#include "overlay/change.h"
#include "overlay/layer_stack.h"

namespace cairn::overlay {

// Each directory's entries in byte order, a directory before what is in it. `below` holds one
// directory at most, or the caller may mount; `upper` is never mounted.
Changes diff(const LayerStack& upper, const LayerStack& below);

}  // namespace cairn::overlay
