// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>

namespace floors {

// A failed call ends the program: a floor that did less than its work is no floor.
inline int must(long result, const char* what) {
  if (result >= 0) return static_cast<int>(result);
  std::perror(what);
  std::exit(1);
}

}  // namespace floors
