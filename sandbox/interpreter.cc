// SPDX-License-Identifier: Apache-2.0
//
// Reads only the headers, with pread(2), so that the offset of the file stays where it is. The file
// is hostile: what does not fit has no interpreter, and is never an error.
#include "sandbox/interpreter.h"

#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/text.h"

namespace cairn::sandbox {
namespace {

std::optional<std::string> elf_loader(const sys::Fd& fd) {
  ElfW(Ehdr) header;
  if (::pread(fd.get(), &header, sizeof header, 0) != sizeof header) return std::nullopt;
  for (int i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment;
    auto at = static_cast<off_t>(header.e_phoff + static_cast<ElfW(Off)>(i) * sizeof segment);
    if (::pread(fd.get(), &segment, sizeof segment, at) != sizeof segment) return std::nullopt;
    if (segment.p_type != PT_INTERP) continue;
    char name[256] = {};
    std::size_t length = std::min<std::size_t>(segment.p_filesz, sizeof name - 1);
    if (::pread(fd.get(), name, length, static_cast<off_t>(segment.p_offset)) <= 0) break;
    return std::string(name);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> interpreter_of(const sys::Fd& file) {
  char start[256] = {};
  if (::pread(file.get(), start, sizeof start - 1, 0) < 4) return std::nullopt;
  if (std::memcmp(start, ELFMAG, SELFMAG) == 0) return elf_loader(file);
  if (std::memcmp(start, "#!", 2) != 0) return std::nullopt;
  std::string_view line(start + 2);
  line = trim(line.substr(0, line.find('\n')));
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

}  // namespace cairn::sandbox
