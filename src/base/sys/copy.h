// SPDX-License-Identifier: Apache-2.0
//
// Copying a file's bytes by the cheapest way the kernel offers.
#pragma once

#include "base/sys/fd.h"

namespace cairn::sys {

// All of `from`, which has `st`, into the empty regular file `to`, holes kept as holes where the
// filesystem tells them. Both offsets move. copy_file_range(2) shares blocks where it can;
// sendfile(2) and then plain reads follow where it is refused (other filesystems, old kernels).
void copy_file_contents(const Fd& from, const struct stat& st, const Fd& to);
inline void copy_file_contents(const Fd& from, const Fd& to) {
  copy_file_contents(from, stat_of(from), to);
}

}  // namespace cairn::sys
