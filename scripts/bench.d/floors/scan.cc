// SPDX-License-Identifier: Apache-2.0
//
// scan TREE: walk, statx, sort: what must be done to know that nothing changed.
#include <algorithm>

#include "floor.h"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::vector<floors::Entry> entries = floors::walk(argv[1], floors::Stat::kYes);
  std::ranges::sort(entries, {}, &floors::Entry::path);
  return entries.empty() ? 1 : 0;
}
