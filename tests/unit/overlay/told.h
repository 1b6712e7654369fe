// SPDX-License-Identifier: Apache-2.0
//
// Changes as a line each, for tests to compare.
#pragma once

#include <string>
#include <vector>

#include "overlay/change.h"

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

}  // namespace cairn::test
