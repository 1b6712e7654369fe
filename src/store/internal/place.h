// SPDX-License-Identifier: Apache-2.0
//
// The directory of a store: found or created, told apart from other directories, and closed to
// other users.
//
// A store has a marker file. A directory that has none and is not empty is not ours: nothing in it
// is created, changed or removed. ROOT itself may be a symlink; below it, symlinks are refused.
//
// ROOT and its parts are 0700 and its files 0600, whatever the umask. The trees hold set-user-id
// programs, device nodes and private files of images, and anyone who can open the database could
// block its users with a lock. Modes inside the trees are those of the images.
#pragma once

#include <string>

#include "base/sys/fd.h"
#include "store/access.h"

namespace cairn::store {

struct Place {
  std::string root;           // absolute
  bool is_read_only = false;  // its filesystem is mounted read-only
};

// Finds the store at `root`, or creates one in an empty or missing directory. A store from before
// markers gets one. Modes that are too wide are corrected: files are checked only if a directory
// was open to others, which happens once. Throws kUsage for a directory that is something else,
// kHost for one that cannot be opened or written, unless `access` allows reading only.
Place open_place(const std::string& root, Access access);

}  // namespace cairn::store
