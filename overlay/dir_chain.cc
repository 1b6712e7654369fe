// SPDX-License-Identifier: Apache-2.0
//
// A stack of levels, of which the innermost `max_open` hold a descriptor. Each push closes the one
// that falls out of that window, after noting its device and inode. Reopening through ".." costs
// one system call per level, and only when the walk comes back from a deep place.
#include "overlay/internal/dir_chain.h"

#include <fcntl.h>

#include "base/error.h"

namespace cairn::overlay::internal {

DirChain::DirChain(sys::Fd root, std::size_t max_open) : max_open_(max_open) {
  levels_.push_back({.dir = std::move(root)});
}

void DirChain::push(sys::Fd dir) {
  levels_.push_back({.dir = std::move(dir)});
  if (levels_.size() <= max_open_) return;
  Level& far = levels_[levels_.size() - 1 - max_open_];
  if (!far.dir) return;
  struct stat st = sys::stat_of(far.dir);
  far.device = st.st_dev;
  far.inode = st.st_ino;
  far.dir.reset();
}

void DirChain::pop() {
  CAIRN_ASSERT(levels_.size() > 1, "leaving the root of a walk");
  Level& parent = levels_[levels_.size() - 2];
  if (!parent.dir) {
    parent.dir = sys::open_at(top(), "..", O_RDONLY | O_DIRECTORY);
    struct stat st = sys::stat_of(parent.dir);
    // Somebody may have moved a directory elsewhere meanwhile; ".." would then leave the tree.
    if (st.st_dev != parent.device || st.st_ino != parent.inode) {
      throw Error::of(ErrorKind::kHost, "a directory was moved while its tree was being walked");
    }
  }
  levels_.pop_back();
}

}  // namespace cairn::overlay::internal
