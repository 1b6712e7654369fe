// SPDX-License-Identifier: Apache-2.0
//
// create LIST TO: makes the directories and files of a list in a new directory, with as many bytes
// as they have and any content, in one thread. A line of the list is "SIZE PATH", and SIZE - means
// a directory.
#include <fstream>

#include "floor.h"

int main(int argc, char** argv) {
  using namespace floors;
  if (argc < 3) return 2;
  must(mkdir(argv[2], 0755), argv[2]);
  int to = must(open(argv[2], O_PATH), argv[2]);
  std::vector<char> content(kPiece, 'x');
  std::ifstream list(argv[1]);
  std::string size, path;
  while (list >> size && std::getline(list.ignore(1), path)) {
    if (size == "-") {
      must(mkdirat(to, path.c_str(), 0755), path.c_str());
      continue;
    }
    int file = must(openat(to, path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644), path.c_str());
    for (std::size_t left = std::stoul(size), piece = 0; left > 0; left -= piece) {
      piece = std::min(left, content.size());
      write_all(file, content.data(), piece);
    }
    close(file);
  }
}
