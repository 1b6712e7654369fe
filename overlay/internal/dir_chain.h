// SPDX-License-Identifier: Apache-2.0
//
// The directories from a root down to the current position of a walk, by descriptor. Trees in
// images may be deeper than PATH_MAX bytes and than the descriptor limit, so only the innermost few
// stay open. The others are reopened through ".." on the way back and must be the same directories
// as before, or pop() throws kHost.
#pragma once

#include <vector>

#include "base/sys/fd.h"

namespace cairn::overlay::internal {

class DirChain {
 public:
  static constexpr std::size_t kMaxOpen = 48;

  explicit DirChain(sys::Fd root, std::size_t max_open = kMaxOpen);

  const sys::Fd& top() const { return levels_.back().dir; }
  std::size_t depth() const { return levels_.size() - 1; }  // 0 at the root
  void push(sys::Fd dir);
  void pop();

 private:
  struct Level {
    sys::Fd dir;
    dev_t device = 0;  // set when the descriptor is closed
    ino_t inode = 0;
  };
  std::size_t max_open_;  // at least one
  std::vector<Level> levels_;
};

}  // namespace cairn::overlay::internal
