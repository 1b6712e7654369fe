// SPDX-License-Identifier: Apache-2.0
//
// The maps of sparse files: GNU's old form in the header and in blocks after it, pax 0.0 and 0.1 in
// records, pax 1.0 in front of the content.
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "overlay/internal/tar_fields.h"
#include "overlay/internal/tar_reader.h"

namespace cairn::overlay::internal {
namespace {

constexpr std::size_t kMaxExtents = 1'000'000;
constexpr std::size_t kNumberWidth = 12;

[[noreturn]] void corrupt(std::string_view what) {
  throw Error::of(ErrorKind::kCorrupt, "damaged tar archive: {}", what);
}

void take_gnu_extents(std::string_view slots, std::vector<TarExtent>& extents) {
  for (; slots.size() >= 2 * kNumberWidth; slots.remove_prefix(2 * kNumberWidth)) {
    if (slots[0] == '\0') return;
    extents.push_back({.offset = tar_size(slots.substr(0, kNumberWidth)),
                       .size = tar_size(slots.substr(kNumberWidth, kNumberWidth))});
    if (extents.size() > kMaxExtents) corrupt("a sparse file in too many pieces");
  }
}

}  // namespace

void check_extents(const std::vector<TarExtent>& extents, std::uint64_t size) {
  std::uint64_t end = 0;
  for (const TarExtent& extent : extents) {
    if (extent.offset < end || extent.offset > size || extent.size > size - extent.offset) {
      corrupt("a sparse file's map");
    }
    end = extent.offset + extent.size;
  }
}

std::vector<TarExtent> parse_extents(std::string_view text) {
  std::vector<std::string> numbers = split(text, ',');
  if (numbers.size() % 2 != 0 || numbers.size() / 2 > kMaxExtents) corrupt("a sparse file's map");
  std::vector<TarExtent> extents;
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    extents.push_back({.offset = pax_number(numbers[i]), .size = pax_number(numbers[i + 1])});
  }
  return extents;
}

// Four pairs in the header, 21 in each block that follows while the one before says so.
std::vector<TarExtent> TarReader::read_gnu_map(const TarBlock& block) {
  constexpr std::size_t kExtendedPairs = 21 * (2 * kNumberWidth);
  std::vector<TarExtent> extents;
  take_gnu_extents(field(block, kGnuSparse), extents);
  bool more = field(block, kGnuIsExtended)[0] != '\0';
  while (more) {
    TarBlock next;
    if (!read_block(next)) corrupt("it ends in the middle");
    take_gnu_extents(std::string_view(next.data(), kExtendedPairs), extents);
    more = next[kExtendedPairs] != '\0';
  }
  return extents;
}

// Decimal lines: the number of extents, then each offset and size; padded to a block.
std::vector<TarExtent> TarReader::read_pax_map() {
  std::string text;
  std::size_t at = 0;
  auto number = [&] {
    while (true) {
      std::size_t end = text.find('\n', at);
      if (end != std::string::npos) {
        std::string_view line = std::string_view(text).substr(at, end - at);
        at = end + 1;
        return pax_number(line);
      }
      if (text.size() - at > 32 || content_left_ < kBlock) corrupt("a sparse file's map");
      TarBlock block;
      if (!read_block(block)) corrupt("it ends in the middle");
      content_left_ -= kBlock;
      text = text.substr(at).append(block.data(), block.size());
      at = 0;
    }
  };
  std::uint64_t count = number();
  if (count > kMaxExtents) corrupt("a sparse file in too many pieces");
  std::vector<TarExtent> extents;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t offset = number();
    extents.push_back({.offset = offset, .size = number()});
  }
  return extents;
}

}  // namespace cairn::overlay::internal
