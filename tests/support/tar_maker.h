// SPDX-License-Identifier: Apache-2.0
//
// Tar archives byte by byte, also such as no honest program writes.
#pragma once

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

namespace cairn::test {

struct TarHeader {
  std::string name{};
  char type = '0';
  std::string link{};
  unsigned mode = 0644;
  unsigned uid = 0;
  unsigned gid = 0;
  long mtime = 1000;
  unsigned major = 0;
  unsigned minor = 0;
};

class TarMaker {
 public:
  TarMaker& add(const TarHeader& header, std::string_view content = "") {
    char block[512] = {};
    header.name.copy(block, 100);
    std::snprintf(block + 100, 8, "%07o", header.mode);
    std::snprintf(block + 108, 8, "%07o", header.uid);
    std::snprintf(block + 116, 8, "%07o", header.gid);
    std::snprintf(block + 124, 12, "%011zo", content.size());
    std::snprintf(block + 136, 12, "%011lo", header.mtime);
    block[156] = header.type;
    header.link.copy(block + 157, 100);
    std::memcpy(block + 257, "ustar\00000", 8);
    std::snprintf(block + 329, 8, "%07o", header.major);
    std::snprintf(block + 337, 8, "%07o", header.minor);
    return add_raw(block, content);
  }
  // Seals a header made elsewhere with its checksum.
  TarMaker& add_raw(char (&block)[512], std::string_view content = "") {
    std::memset(block + 148, ' ', 8);
    unsigned sum = 0;
    for (char c : block) sum += static_cast<unsigned char>(c);
    std::snprintf(block + 148, 8, "%06o", sum);
    bytes_.append(block, sizeof block).append(content);
    bytes_.append((512 - content.size() % 512) % 512, '\0');
    return *this;
  }
  TarMaker& file(const std::string& name, std::string_view content = "x") {
    return add({.name = name}, content);
  }
  TarMaker& dir(const std::string& name) { return add({.name = name, .type = '5', .mode = 0755}); }
  TarMaker& symlink(const std::string& name, const std::string& target) {
    return add({.name = name, .type = '2', .link = target});
  }
  TarMaker& hard_link(const std::string& name, const std::string& target) {
    return add({.name = name, .type = '1', .link = target});
  }
  // A pax header for the entry that follows: "key=value".
  TarMaker& pax(const std::string& record) {
    return add({.name = "PaxHeaders.0/x", .type = 'x'}, pax_line(record));
  }

  static std::string pax_line(const std::string& record) {
    std::size_t size = record.size() + 3;
    while (std::to_string(size).size() + record.size() + 2 != size) ++size;
    return std::to_string(size) + " " + record + "\n";
  }

  std::string end() const { return bytes_ + std::string(1024, '\0'); }
  const std::string& unended() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace cairn::test
