// SPDX-License-Identifier: Apache-2.0
//
// links TREE TO:        the same tree again, by hard links.
// links TREE TO FILE:   the same, but it also looks at each file (statx), and FILE is copied: what
// one
//                       changed file of many asks for.
#include "floor.h"

int main(int argc, char** argv) {
  using namespace floors;
  if (argc < 3) return 2;
  std::string changed = argc > 3 ? argv[3] : "";
  std::vector<Entry> entries = walk(argv[1], changed.empty() ? Stat::kNo : Stat::kYes);
  must(mkdir(argv[2], 0755), argv[2]);
  int from = must(open(argv[1], O_PATH), argv[1]);
  int to = must(open(argv[2], O_PATH), argv[2]);
  for (const Entry& entry : entries) {
    const char* path = entry.path.c_str();
    if (entry.is_directory) {
      must(mkdirat(to, path, 0755), path);
    } else if (entry.path != changed) {
      must(linkat(from, path, to, path, 0), path);
    } else {
      int source = must(openat(from, path, O_RDONLY), path);
      int copy = must(openat(to, path, O_WRONLY | O_CREAT | O_EXCL, 0644), path);
      read_file(source, [&](const void* bytes, std::size_t size) { write_all(copy, bytes, size); });
    }
  }
}
