// SPDX-License-Identifier: Apache-2.0
//
// Changes as a line each, for tests to compare.
#pragma once

#include <string>
#include <vector>

#include "overlay/change.h"
#include "support/temp_tree.h"

namespace cairn::test {

using Lines = std::vector<std::string>;

// "A etc/motd" for what is there, "D etc/motd" for a deletion, "L b -> a" for a hard link.
inline Lines told(const overlay::Changes& changes) {
  Lines lines;
  for (const overlay::Change& change : changes) {
    if (change.kind == overlay::ChangeKind::kDeleted) {
      lines.push_back("D " + change.path);
    } else if (!change.hardlink_to.empty()) {
      lines.push_back("L " + change.path + " -> " + change.hardlink_to);
    } else {
      lines.push_back("A " + change.path);
    }
  }
  return lines;
}

// Gives the directories below one time: they were made by the clock, which a test must not see.
inline void even_times(const TempTree& tree, const std::string& dir = "") {
  for (const sys::DirEntry& entry : sys::list_dir(sys::open_path(tree.at(dir), O_RDONLY))) {
    std::string path = dir.empty() ? entry.name : dir + "/" + entry.name;
    if (!S_ISDIR(tree.stat(path).st_mode)) continue;
    even_times(tree, path);
    sys::set_mtime(sys::open_path(tree.at(path), O_RDONLY), {.seconds = 1000});
  }
}

}  // namespace cairn::test
