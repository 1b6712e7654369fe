// SPDX-License-Identifier: Apache-2.0
//
// Facts about a layer directory as a whole, kept at its root as an extended attribute in
// overlayfs's own namespace: no mount shows it, and no layer contains it.
#pragma once

#include "base/sys/fd.h"

namespace cairn::overlay {

// Says that the files of this layer replace what was there, even by equal files: COPY of a file
// that exists already makes a new inode, which is no longer a hard link to its neighbour. Without
// the mark, a file equal to the one below is left out of the layer, like a file that a RUN opened
// for writing and left alone.
void mark_replacing(const sys::Fd& root);
bool is_replacing(const sys::Fd& root);

}  // namespace cairn::overlay
