// SPDX-License-Identifier: Apache-2.0
//
// Text fields are terminated and sizes are part of the header, so no two different entries hash the
// same bytes. Sparse files are read with SEEK_DATA (lseek(2)): a hole of a terabyte costs almost
// nothing. A file is stable if its stamp is the same before and after reading.
#include "cache/internal/entry_digest.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/limits.h"
#include "base/sys/copy.h"
#include "base/sys/xattr.h"

namespace cairn::cache::internal {
namespace {

constexpr int kMaxReads = 3;  // then something keeps writing to it

// K06: all xattrs except those that the system generates. A layer that is read without a mount
// shows overlayfs's own marks, which a mount hides.
bool counts(const std::string& xattr) {
  if (xattr.starts_with("user.overlay.")) return false;
  if (xattr == "security.capability") return true;
  return !xattr.starts_with("system.") && !xattr.starts_with("security.");
}

// Each field ends in a NUL, so that different lists of fields never hash the same bytes.
void add_text(Sha256& hash, std::string_view value) {
  hash.update(value);
  hash.update(std::string_view("\0", 1));
}

void add_bytes(Sha256& hash, const sys::Fd& file, std::uint64_t size,
               std::vector<std::byte>& buffer) {
  bool is_sparse = size >= limits::kSparseFile;
  ContentHash content(hash, size);
  for (std::uint64_t at = 0; at < size;) {
    if (is_sparse && at % limits::kHole == 0) {
      std::uint64_t data = std::min(sys::find_data(file, at).value_or(size), size);
      std::uint64_t hole = (data - at) - (data - at) % limits::kHole;
      content.add_hole(hole);
      at += hole;
      if (data == size && at % limits::kHole == 0) {
        content.add_hole(size - at);
        break;
      }
      sys::seek_to(file, at);
    }
    // Stop at the next multiple, where a hole may begin.
    std::uint64_t want = is_sparse ? limits::kHole - at % limits::kHole : buffer.size();
    std::size_t count =
        sys::read_some(file, std::span(buffer).first(std::min<std::uint64_t>(want, buffer.size())));
    if (count == 0) break;
    content.add(std::span<const std::byte>(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(count, size - at))));
    at += count;
  }
  content.finish();
}

}  // namespace

ContentHash::ContentHash(Sha256& hash, std::uint64_t size) : hash_(hash) {
  if (size >= limits::kSparseFile) chunk_.resize(limits::kHole);
}

void ContentHash::add(std::span<const std::byte> bytes) {
  if (chunk_.empty()) return hash_.update(bytes);
  while (!bytes.empty()) {
    std::size_t count = std::min(bytes.size(), chunk_.size() - filled_);
    std::ranges::copy(bytes.first(count), chunk_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += count;
    bytes = bytes.subspan(count);
    if (filled_ == chunk_.size()) end_chunk();
  }
}

void ContentHash::add_hole(std::uint64_t size) {
  hole_ += size;
}

void ContentHash::end_chunk() {
  std::span<const std::byte> chunk = std::span(chunk_).first(std::exchange(filled_, 0));
  // Zeros that are stored count as a hole too.
  if (sys::is_all_zero(chunk)) {
    hole_ += chunk.size();
    return;
  }
  end_hole();
  add_text(hash_, fmt::format("data {}", chunk.size()));
  hash_.update(chunk);
}

void ContentHash::end_hole() {
  if (hole_ > 0) add_text(hash_, fmt::format("hole {}", std::exchange(hole_, 0)));
}

void ContentHash::finish() {
  if (filled_ > 0) end_chunk();
  end_hole();
}

void add_header(Sha256& hash, const struct stat& st, Owners owners, std::string_view link) {
  bool owned = owners == Owners::kCount;
  bool is_device = S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode);
  fmt::memory_buffer text;
  fmt::format_to(std::back_inserter(text), "{:o} {} {} {} {}:{}",
                 S_ISLNK(st.st_mode) ? S_IFLNK | 0777 : st.st_mode, owned ? st.st_uid : 0,
                 owned ? st.st_gid : 0, S_ISREG(st.st_mode) ? st.st_size : 0,
                 is_device ? major(st.st_rdev) : 0, is_device ? minor(st.st_rdev) : 0);
  add_text(hash, {text.data(), text.size()});
  add_text(hash, link);
}

void add_xattrs(Sha256& hash, const sys::Fd& file) {
  add_xattrs(hash, file, sys::list_xattrs(file));
}

void add_xattrs(Sha256& hash, const sys::Fd& file, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!counts(name)) continue;
    add_text(hash, name);
    add_text(hash, sys::find_xattr(file, name.c_str()).value_or(""));
  }
}

void add_entry(Sha256& hash, std::string_view name, const Digest& digest) {
  add_text(hash, name);
  hash.update(std::as_bytes(std::span(digest.bytes())));
}

FileContent file_content(const sys::Fd& file, Owners owners, std::vector<std::byte>& buffer) {
  for (int i = 0; i < kMaxReads; ++i) {
    if (i > 0) sys::rewind(file);
    struct stat before = sys::stat_of(file);
    Sha256 hash;
    add_header(hash, before, owners);
    add_xattrs(hash, file);
    add_bytes(hash, file, static_cast<std::uint64_t>(before.st_size), buffer);
    FileStamp stamp = FileStamp::of(before);
    if (FileStamp::of(sys::stat_of(file)) == stamp) return {hash.finish(), stamp};
  }
  throw Error(ErrorKind::kHost, "a file changed while it was read")
      .with_hint("run the build again when nothing writes to the build context");
}

Digest symlink_digest(const sys::Fd& dir, const std::string& name, const struct stat& st,
                      Owners owners) {
  Sha256 hash;
  add_header(hash, st, owners, sys::read_link_at(dir, name.c_str()));
  return hash.finish();
}

Digest node_digest(const struct stat& st, Owners owners) {
  Sha256 hash;
  add_header(hash, st, owners);
  return hash.finish();
}

}  // namespace cairn::cache::internal
