// SPDX-License-Identifier: Apache-2.0
//
// The maps of sparse files. GNU's old form has the map in the header and in blocks after it, pax
// 0.0 and 0.1 have it in records, and pax 1.0 puts it in front of the content (GNU tar manual,
// "Storing Sparse Files"). Also finds the extents of our own files, which are written as pax 1.0.
#include <algorithm>

#include "base/error.h"
#include "base/limits.h"
#include "base/sys/copy.h"
#include "overlay/tar/internal/tar_fields.h"
#include "overlay/tar/internal/tar_reader.h"

namespace cairn::overlay::internal {
namespace {

constexpr std::size_t kMaxExtents = 1'000'000;
constexpr std::size_t kNumberWidth = 12;

void take_gnu_extents(std::string_view slots, std::vector<TarExtent>& extents) {
  for (; slots.size() >= 2 * kNumberWidth; slots.remove_prefix(2 * kNumberWidth)) {
    if (slots[0] == '\0') return;
    extents.push_back({.offset = tar_size(slots.substr(0, kNumberWidth)),
                       .size = tar_size(slots.substr(kNumberWidth, kNumberWidth))});
    if (extents.size() > kMaxExtents) throw_damaged_tar("a sparse file in too many pieces");
  }
}

}  // namespace

void check_extents(const std::vector<TarExtent>& extents, std::uint64_t size) {
  std::uint64_t end = 0;
  for (const TarExtent& extent : extents) {
    if (extent.offset < end || extent.offset > size || extent.size > size - extent.offset) {
      throw_damaged_tar("a sparse file's map");
    }
    end = extent.offset + extent.size;
  }
}

std::vector<TarExtent> parse_extents(std::string_view text) {
  std::vector<TarExtent> extents;
  auto number = [&] {
    std::size_t comma = std::min(text.find(','), text.size());
    std::uint64_t value = pax_number(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    return value;
  };
  while (!text.empty()) {
    if (extents.size() == kMaxExtents) throw_damaged_tar("a sparse file in too many pieces");
    std::uint64_t offset = number();
    if (text.empty()) throw_damaged_tar("a sparse file's map");
    extents.push_back({.offset = offset, .size = number()});
  }
  return extents;
}

namespace {

void add_extent(std::vector<TarExtent>& extents, const TarExtent& next, std::uint64_t gap) {
  if (!extents.empty() && next.offset - (extents.back().offset + extents.back().size) <= gap) {
    extents.back().size = next.offset + next.size - extents.back().offset;
  } else {
    extents.push_back(next);
  }
}

// Joins extents with a gap of at most `gap` bytes between them: small holes become data again.
std::vector<TarExtent> joined(const std::vector<TarExtent>& extents, std::uint64_t gap) {
  std::vector<TarExtent> out;
  for (const TarExtent& extent : extents) add_extent(out, extent, gap);
  return out;
}

}  // namespace

std::vector<TarExtent> find_extents(const sys::Fd& file, std::uint64_t size) {
  std::vector<std::byte> chunk(limits::kHole);
  std::vector<TarExtent> extents;
  for (std::uint64_t at = 0; at < size;) {
    std::optional<std::uint64_t> data = sys::find_data(file, at);
    // The filesystem's holes only save reading. What counts is whether a chunk's bytes are all
    // zero.
    if (!data || *data >= size) break;
    at = *data - *data % limits::kHole;
    auto want = static_cast<std::size_t>(std::min<std::uint64_t>(limits::kHole, size - at));
    auto piece = std::span(chunk).first(want);
    sys::read_at(file, at, piece);
    if (!sys::is_all_zero(piece)) add_extent(extents, {.offset = at, .size = want}, 0);
    at += want;
  }
  // Too many extents: give up the smallest holes first.
  for (std::uint64_t gap = limits::kHole; extents.size() > limits::kExtents; gap *= 2) {
    extents = joined(extents, gap);
  }
  return extents;
}

// Four pairs are in the header, and 21 in each further block, while the block before says so.
std::vector<TarExtent> TarReader::read_gnu_map(const TarBlock& block) {
  constexpr std::size_t kExtendedPairs = 21 * (2 * kNumberWidth);
  std::vector<TarExtent> extents;
  take_gnu_extents(field(block, kGnuSparse), extents);
  bool more = field(block, kGnuIsExtended)[0] != '\0';
  while (more) {
    TarBlock next;
    if (!read_block(next)) throw_damaged_tar("it ends in the middle");
    take_gnu_extents(std::string_view(next.data(), kExtendedPairs), extents);
    more = next[kExtendedPairs] != '\0';
  }
  return extents;
}

// Decimal lines: the number of extents, then offset and size of each, padded to a whole block.
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
      // A number has at most 20 digits, so a longer line is no number.
      if (text.size() - at > 32 || content_left_ < kBlock) throw_damaged_tar("a sparse file's map");
      TarBlock block;
      if (!read_block(block)) throw_damaged_tar("it ends in the middle");
      content_left_ -= kBlock;
      text = text.substr(at).append(block.data(), block.size());
      at = 0;
    }
  };
  std::uint64_t count = number();
  if (count > kMaxExtents) throw_damaged_tar("a sparse file in too many pieces");
  std::vector<TarExtent> extents;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t offset = number();
    extents.push_back({.offset = offset, .size = number()});
  }
  return extents;
}

}  // namespace cairn::overlay::internal
