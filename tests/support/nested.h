// SPDX-License-Identifier: Apache-2.0
//
// Directories in each other, deeper than a path can say in one call.
#pragma once

#include <string>

#include "tests/support/temp_tree.h"

namespace cairn::test {

// `levels` directories called `name`, each in the one before.
struct Nest {
  std::string name;
  int levels;
};

inline void make(const Nest& nest, const TempTree& tree) {
  sys::Fd at = sys::duplicate(tree.fd());
  for (int i = 0; i < nest.levels; ++i) {
    sys::make_dir_at(at, nest.name.c_str(), 0755);
    at = sys::open_at(at, nest.name.c_str(), O_RDONLY | O_DIRECTORY);
  }
}

}  // namespace cairn::test
