// SPDX-License-Identifier: Apache-2.0
//
// Finds the directory of each entry of an archive below a root, one directory at a time and by
// descriptor, so that nothing an archive says can lead outside: symlinks are read by us and
// resolved inside the root, ".." stops at it. It keeps standing where the last entry was, and
// archives come in order: most look-ups cost no system call.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/internal/dir_chain.h"

namespace cairn::overlay::internal {

// "a//b/../c/." as {"a", "c"}; ".." never leaves the root, which is {}.
std::vector<std::string> path_parts(std::string_view path);

enum class Missing { kFail, kMake };

class PathFinder {
 public:
  explicit PathFinder(sys::Fd root) : chain_(std::move(root)) {}

  // Stands in the directory of these names, all symlinks followed. Missing ones are made, 0755 and
  // root's, and noted as implied; or false is the answer. A name that is neither directory nor
  // symlink is kCorrupt when it should be made, and false otherwise.
  bool enter(std::span<const std::string> parts, Missing missing);

  const sys::Fd& dir() const { return chain_.top(); }
  // Where it stands, without symlinks: "" or "a/b".
  std::string path() const;
  std::string path_of(const std::string& name) const;

  // Directories made by enter() that no entry has named since, by path.
  std::set<std::string>& implied() { return implied_; }

 private:
  bool step(const std::string& name, Missing missing, std::vector<std::string>& todo, int& links);
  void make(const std::string& name, bool over_whiteout);
  void up();

  DirChain chain_;
  std::vector<std::string> names_;  // of the chain below the root
  std::set<std::string> implied_;
};

}  // namespace cairn::overlay::internal
