// SPDX-License-Identifier: Apache-2.0
//
// Cheap tests come first: one stat(2) below decides for nearly every file of a RUN, since a step
// that writes a file also changes its time. Only an entry with equal metadata is opened, and its
// content is read only after the attributes agree.
#include "overlay/internal/compare.h"

#include <fcntl.h>

#include <algorithm>
#include <array>

namespace cairn::overlay::internal {
namespace {

// Fills the buffer unless the file ends.
std::size_t read_block(const sys::Fd& fd, std::span<std::byte> buffer) {
  std::size_t total = 0;
  while (total < buffer.size()) {
    std::size_t count = sys::read_some(fd, buffer.subspan(total));
    if (count == 0) break;
    total += count;
  }
  return total;
}

// Both files are at their start. Leaves `a` at its start again, since the layer writer reads it
// next.
bool same_content(const sys::Fd& a, const sys::Fd& b) {
  std::vector<std::byte> left(64 << 10), right(64 << 10);
  bool same = true;
  while (same) {
    std::size_t count = read_block(a, left);
    same = count == read_block(b, right) &&
           std::equal(left.begin(), left.begin() + count, right.begin(), right.begin() + count);
    if (count == 0) break;
  }
  ::lseek(a.get(), 0, SEEK_SET);
  return same;
}

bool same_node(const Change& a, const Change& b) {
  return a.mode == b.mode && a.owner == b.owner && a.device == b.device && a.size == b.size &&
         a.mtime == b.mtime;
}

}  // namespace

Change describe(std::string path, const struct stat& st) {
  Change change{.path = std::move(path),
                .mode = st.st_mode,
                .owner = owner_of(st),
                .mtime = timestamp_of(st.st_mtim)};
  if (S_ISREG(st.st_mode)) change.size = static_cast<std::uint64_t>(st.st_size);
  if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) change.device = st.st_rdev;
  return change;
}

// The time counts in full precision here: a file copied up and left alone keeps its nanoseconds.
bool is_like_below(const Change& change, const sys::Fd& below, const char* name) {
  std::optional<struct stat> st = sys::find_stat_at(below, name);
  return st && same_node(change, describe("", *st));
}

bool same_as_below(const Change& change, const sys::Fd& file, const sys::Fd& below,
                   const char* name, XattrForm below_view) {
  if (S_ISLNK(change.mode)) return sys::read_link_at(below, name) == change.link_target;
  if (!S_ISREG(change.mode)) return true;
  sys::Fd other = sys::open_file_at(below, name);
  return image_xattrs(other, below_view) == change.xattrs && same_content(file, other);
}

bool same_directory(const Change& change, const sys::Fd& below, XattrForm below_view,
                    const Clamp& clamp) {
  struct stat st = sys::stat_of(below);
  auto written = [&](Timestamp time) { return clamp.apply(time).seconds; };
  return change.mode == st.st_mode && change.owner == owner_of(st) &&
         written(change.mtime) == written(timestamp_of(st.st_mtim)) &&
         image_xattrs(below, below_view) == change.xattrs;
}

}  // namespace cairn::overlay::internal
