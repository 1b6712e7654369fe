// SPDX-License-Identifier: Apache-2.0
#include "cache/internal/entry_digest.h"

#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/sys/xattr.h"

namespace cairn::cache::internal {
namespace {

constexpr int kMaxReads = 3;

// K06: all attributes but those the system makes up for itself. A layer seen raw shows the marks of
// overlayfs, which a mounted one hides.
bool counts(const std::string& xattr) {
  if (xattr.starts_with("user.overlay.")) return false;
  if (xattr == "security.capability") return true;
  return !xattr.starts_with("system.") && !xattr.starts_with("security.");
}

// Each field ends in a NUL, so that no two different lists of fields read the same.
void add_text(Sha256& hash, std::string_view value) {
  hash.update(value);
  hash.update(std::string_view("\0", 1));
}

void add_bytes(Sha256& hash, const sys::Fd& file, std::uint64_t size,
               std::vector<std::byte>& buffer) {
  while (size > 0) {
    std::size_t count = sys::read_some(file, buffer);
    if (count == 0) return;
    hash.update(std::span<const std::byte>(buffer).first(count));
    size -= std::min<std::uint64_t>(size, count);
  }
}

}  // namespace

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
