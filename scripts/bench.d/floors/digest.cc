// SPDX-License-Identifier: Apache-2.0
//
// digest FILE: SHA-256, which is one thread's work however many there are.
#include "floor.h"

int main(int argc, char** argv) {
  using namespace floors;
  if (argc < 2) return 2;
  SHA256_CTX hash;
  SHA256_Init(&hash);
  read_file(must(open(argv[1], O_RDONLY), argv[1]),
            [&](const void* bytes, std::size_t size) { SHA256_Update(&hash, bytes, size); });
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256_Final(digest, &hash);
}
