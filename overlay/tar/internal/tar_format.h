// SPDX-License-Identifier: Apache-2.0
//
// Offsets and widths of the 512-byte tar header (POSIX.1-1988 "ustar"; GNU tar and pax extend it).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace cairn::overlay::internal {

constexpr std::size_t kBlock = 512;
using TarBlock = std::array<char, kBlock>;

struct TarField {
  std::size_t offset;
  std::size_t width;
};
constexpr TarField kName{0, 100};
constexpr TarField kMode{100, 8};
constexpr TarField kUid{108, 8};
constexpr TarField kGid{116, 8};
constexpr TarField kSize{124, 12};
constexpr TarField kMtime{136, 12};
constexpr TarField kChecksum{148, 8};
constexpr TarField kType{156, 1};
constexpr TarField kLinkName{157, 100};
constexpr TarField kMagic{257, 8};  // "ustar\0" "00", or GNU's "ustar  \0"
constexpr TarField kDevMajor{329, 8};
constexpr TarField kDevMinor{337, 8};
constexpr TarField kPrefix{345, 155};

// GNU's own fields, where ustar has its prefix: the map of an old-style sparse file.
constexpr TarField kGnuSparse{386, 96};  // four pairs of numbers of twelve digits
constexpr TarField kGnuIsExtended{482, 1};
constexpr TarField kGnuRealSize{483, 12};

inline std::span<char> slot(TarBlock& block, TarField at) {
  return std::span(block).subspan(at.offset, at.width);
}
inline std::string_view field(const TarBlock& block, TarField at) {
  return std::string_view(block.data() + at.offset, at.width);
}

constexpr std::string_view kXattrKey = "SCHILY.xattr.";

constexpr std::uint64_t padding(std::uint64_t size) {
  return (kBlock - size % kBlock) % kBlock;
}

// The sum of all bytes with the checksum field taken as spaces.
inline std::uint64_t tar_checksum(const TarBlock& block) {
  auto sum_of = [](std::span<const char> bytes) {
    std::uint32_t sum = 0;
    for (char one : bytes) sum += static_cast<unsigned char>(one);
    return sum;
  };
  auto own = std::span(block).subspan(kChecksum.offset, kChecksum.width);
  return sum_of(block) - sum_of(own) + kChecksum.width * ' ';
}

}  // namespace cairn::overlay::internal
