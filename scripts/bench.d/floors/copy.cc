// SPDX-License-Identifier: Apache-2.0
//
// copy TREE TO: read, SHA-256 and write of every file, by all cores.
#include "floor.h"

namespace {

void copy_file(int from, int to, const char* path) {
  using namespace floors;
  int source = must(openat(from, path, O_RDONLY), path);
  int copy = must(openat(to, path, O_WRONLY | O_CREAT | O_EXCL, 0644), path);
  SHA256_CTX hash;
  SHA256_Init(&hash);
  read_file(source, [&](const void* bytes, std::size_t size) {
    SHA256_Update(&hash, bytes, size);
    write_all(copy, bytes, size);
  });
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256_Final(digest, &hash);
  close(source);
  close(copy);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace floors;
  if (argc < 3) return 2;
  std::vector<Entry> entries = walk(argv[1], Stat::kNo);
  must(mkdir(argv[2], 0755), argv[2]);
  int from = must(open(argv[1], O_PATH), argv[1]);
  int to = must(open(argv[2], O_PATH), argv[2]);
  for (const Entry& entry : entries) {
    if (entry.is_directory) must(mkdirat(to, entry.path.c_str(), 0755), entry.path.c_str());
  }
  on_all_cores(entries.size(), [&](std::size_t i) {
    if (!entries[i].is_directory) copy_file(from, to, entries[i].path.c_str());
  });
}
