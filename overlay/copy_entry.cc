// SPDX-License-Identifier: Apache-2.0
//
// New files are made with the mode they should end with, and by the owner most files have, so that
// for most of them neither chown(2) nor chmod(2) is needed: a COPY of small files is bound by the
// number of system calls. The order of the rest is fixed by the kernel (see apply_metadata).
#include "overlay/internal/copy_entry.h"
#include "base/sys/ids.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/sys/copy.h"
#include "base/sys/xattr.h"

namespace cairn::overlay::internal {
using sys::Fd;

// Capabilities, user attributes and ACLs. A filesystem that refuses one does not fail the COPY
// (C12). Labels of security modules belong to the host.
bool travels(std::string_view name) {
  if (name.starts_with("user.overlay.")) return false;  // a layer seen raw shows overlayfs's marks
  return name == "security.capability" || name.starts_with("user.") ||
         name.starts_with("system.posix_acl_");
}

namespace {

constexpr mode_t kPermissions = 07777;

mode_t mode_for(const struct stat& st, const CopyOptions& options) {
  mode_t permissions = st.st_mode & kPermissions;
  return options.mode ? options.mode->apply(permissions, S_ISDIR(st.st_mode)) : permissions;
}

Owner owner_for(const struct stat& st, const CopyOptions& options) {
  return options.owner.value_or(owner_of(st));
}

// Copies the file and passes the bytes of the copy to `reader`, so that digest and copy agree even
// if the source changes meanwhile. Each byte is read once, unless the kernel copies better: a large
// file, whose blocks may be shared, or one with holes.
void copy_and_show(const Fd& source, const struct stat& st, const Fd& made, ByteSink& reader) {
  constexpr off_t kLarge = 16 << 20;
  thread_local std::vector<std::byte> buffer(256 << 10);
  bool by_kernel = st.st_size >= kLarge || st.st_blocks * 512 < st.st_size;
  if (by_kernel) {
    sys::copy_file_contents(source, st, made);
    sys::rewind(made);
  }
  const Fd& from = by_kernel ? made : source;
  for (off_t left = st.st_size; left > 0;) {
    std::size_t count = sys::read_some(from, buffer);
    if (count == 0) return;
    auto bytes = std::span<const std::byte>(buffer).first(count);
    if (!by_kernel) sys::write_all(made, bytes);
    reader.write(bytes);
    left -= static_cast<off_t>(count);
  }
}

void copy_xattrs(const Fd& from, const std::vector<std::string>& names, const Fd& to) {
  for (const std::string& name : names) {
    if (!travels(name)) continue;
    if (std::optional<std::string> value = sys::find_xattr(from, name.c_str())) {
      sys::try_set_xattr(to, name.c_str(), *value);
    }
  }
}

// Owner before mode, since chown(2) clears set-id bits; attributes after both, since chown(2)
// clears capabilities; times last. `now` is the state of the new file, `names` are the source's
// attributes.
void apply_metadata(const Fd& made, const struct stat& now, const Fd& source, const struct stat& st,
                    const std::vector<std::string>& names, const CopyOptions& options) {
  Owner owner = owner_for(st, options);
  mode_t mode = mode_for(st, options);
  bool is_owned = owner_of(now) == owner;
  if (!is_owned) sys::chown_at(made, "", owner);
  if (!is_owned || (now.st_mode & kPermissions) != mode) sys::chmod_fd(made, mode);
  copy_xattrs(source, names, made);
  sys::set_mtime(made, mtime_for(st, options));
}

}  // namespace

void copy_xattrs(const Fd& from, const Fd& to) {
  copy_xattrs(from, sys::list_xattrs(from), to);
}

void apply_metadata(const Fd& made, const Fd& source, const struct stat& st,
                    const CopyOptions& options) {
  apply_metadata(made, sys::stat_of(made), source, st, sys::list_xattrs(source), options);
}

bool try_link(const LinkTarget& twin, const Fd& dest_dir, const std::string& dest_name) {
  return sys::try_link_at(twin.dir, twin.name.c_str(), dest_dir, dest_name.c_str());
}

OpenFile look_at(Fd fd, const std::string& source_path) {
  struct stat st = sys::stat_of(fd);
  if (!S_ISREG(st.st_mode)) {
    throw Error::of(ErrorKind::kHost, "{} changed while it was copied", source_path);
  }
  std::vector<std::string> xattrs = sys::list_xattrs(fd);
  return {.fd = std::move(fd), .st = st, .xattrs = std::move(xattrs)};
}

void copy_file(const Entry& entry, const OpenFile& source, const CopyOptions& options,
               KnownDirectory* known, std::optional<FreshInode>& last) {
  // Most files are created with the mode and owner they should have. Set-id bits come later, since
  // chown(2) would clear them.
  mode_t asked = mode_for(source.st, options) & 0777;
  Fd made = sys::open_at(entry.dest_dir, entry.dest_name.c_str(),
                         O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, asked);
  if (!last || last->asked != asked) last = {.asked = asked, .st = sys::stat_of(made)};
  if (ByteSink* reader = known != nullptr ? known->reader_of(source) : nullptr) {
    copy_and_show(source.fd, source.st, made, *reader);
  } else {
    sys::copy_file_contents(source.fd, source.st, made);
  }
  apply_metadata(made, last->st, source.fd, source.st, source.xattrs, options);
}

void copy_symlink(const Entry& entry, const struct stat& st, const CopyOptions& options) {
  const char* name = entry.dest_name.c_str();
  sys::symlink_at(sys::read_link_at(entry.source_dir, entry.source_name.c_str()), entry.dest_dir,
                  name);
  sys::chown_at(entry.dest_dir, name, owner_for(st, options));
  sys::set_times_at(entry.dest_dir, name, st.st_atim, to_timespec(mtime_for(st, options)));
}

void copy_node(const Entry& entry, const struct stat& st, const CopyOptions& options) {
  mode_t type = S_ISSOCK(st.st_mode) ? S_IFREG : st.st_mode & S_IFMT;
  const char* name = entry.dest_name.c_str();
  if (type == S_IFCHR && st.st_rdev == 0) {
    throw dockerfile_error("cannot copy {}: overlayfs takes a 0/0 device for a deletion",
                           entry.source_path);
  }
  sys::make_node_at(entry.dest_dir, name, type | 0600, st.st_rdev);
  sys::chown_at(entry.dest_dir, name, owner_for(st, options));
  sys::chmod_at(entry.dest_dir, name, mode_for(st, options));
  sys::set_times_at(entry.dest_dir, name, st.st_atim, to_timespec(mtime_for(st, options)));
}

}  // namespace cairn::overlay::internal
