// SPDX-License-Identifier: Apache-2.0
//
// Entries are placed in the order of the archive, and a later one replaces an earlier one. Every
// path is looked up with PathFinder, so a symlink placed by one entry cannot lead a later one
// outside. The rules for whiteouts are those of the image spec (layer.md, "Whiteouts"), translated
// to marks of overlayfs. What unpackers disagree about is done as containerd does it.
#include "overlay/internal/extractor.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/limits.h"
#include "base/sys/ids.h"
#include "base/text.h"

namespace cairn::overlay::internal {
namespace {

constexpr std::string_view kWhiteoutPrefix = ".wh.";
constexpr std::string_view kOpaqueName = ".wh..wh..opq";
constexpr std::string_view kAufsPrefix = ".wh..wh.";  // aufs's own files, found in old layers
constexpr std::size_t kMaxWarnings = 20;
constexpr std::size_t kMaxXattrs = 512;

bool is_reserved(const std::string& part) {
  return part.starts_with(kWhiteoutPrefix);
}

void set_mtime_at(const sys::Fd& dir, const char* name, Timestamp time) {
  sys::set_times_at(dir, name, {.tv_sec = 0, .tv_nsec = UTIME_OMIT}, to_timespec(time));
}

uid_t checked_id(std::uint64_t id, const std::string& path) {
  // chown(2) takes (uid_t)-1 for "leave unchanged".
  if (id >= UINT32_MAX) throw Error::of(ErrorKind::kCorrupt, "{}: owner {} is no id", path, id);
  return static_cast<uid_t>(id);
}

}  // namespace

// Too many implied directories fail a layer, which needs their metadata from below. For an archive
// they only say which directories are its own.
Extractor::Extractor(sys::Fd root, const ExtractPolicy& policy, const UnpackLimits& limits)
    : finder_(std::move(root),
              {.depth = limits.max_depth,
               .bytes = limits.max_path,
               .many_implied = policy.what == Extract::kLayer ? DirNames::WhenFull::kFail
                                                              : DirNames::WhenFull::kForget}),
      policy_(policy),
      limits_(limits) {
  finder_.on_made([this](const sys::Fd& made) {
    if (policy_.owner) sys::chown_at(made, "", *policy_.owner);
    if (is_layer()) sys::set_mtime(made, {});  // not "now": the same layer gives the same tree
  });
  if (!is_layer()) return;
  // A layer's root counts as implied until an entry names it.
  finder_.implied().add({});
  finder_.set_time({});
}

UnpackResult Extractor::run(ByteSource& source) {
  TarReader tar(source);
  std::string path;
  ErrorContext while_here(
      [&] { return path.empty() ? "reading a tar archive" : "unpacking " + path; });
  while (std::optional<TarEntry> entry = tar.next()) {
    path = entry->path;
    count(*entry);
    place(*entry, tar);
  }
  path.clear();
  if (is_layer()) tar.drain();  // a layer's digest also covers what follows the archive
  finder_.leave();
  if (is_layer()) result_.implied_dirs = std::move(finder_.implied());
  return std::move(result_);
}

void Extractor::count(const TarEntry& entry) {
  if (++result_.entries > limits_.max_entries) {
    throw Error::of(ErrorKind::kLimit, "more than {} entries in one archive", limits_.max_entries);
  }
  // Written as a subtraction, so that a huge size cannot overflow the sum.
  if (entry.size > limits_.max_bytes - result_.bytes) {
    throw Error::of(ErrorKind::kLimit, "more than {} in one archive",
                    human_size(limits_.max_bytes));
  }
  result_.bytes += entry.size;
  if (entry.path.size() > limits_.max_path || entry.xattrs.size() > kMaxXattrs) {
    throw Error::of(ErrorKind::kLimit, "an entry's name or attributes are beyond all use");
  }
}

void Extractor::place(const TarEntry& entry, TarReader& tar) {
  std::vector<std::string> parts = path_parts(entry.path);
  if (parts.size() > limits_.max_depth) {
    throw Error::of(ErrorKind::kLimit, "more than {} directories deep", limits_.max_depth);
  }
  if (parts.empty()) {
    // ADD's destination exists already, and keeps its metadata.
    if (is_layer()) place_root(entry);
    return;
  }
  if (is_layer() && std::ranges::any_of(parts, is_reserved)) {
    place_whiteout(parts);
    return;
  }
  std::span<const std::string> parent = std::span(parts).first(parts.size() - 1);
  const std::string& name = parts.back();
  if (entry.type == TarEntry::Type::kHardLink) {
    place_link(entry, parent, name);
    return;
  }
  finder_.enter(parent, Missing::kMake);
  switch (entry.type) {
    case TarEntry::Type::kFile: place_file(entry, name, tar); break;
    case TarEntry::Type::kDir: place_dir(entry, name); break;
    case TarEntry::Type::kSymlink: place_symlink(entry, name); break;
    case TarEntry::Type::kOther: warn(entry.path + " is of an unknown kind, left out"); break;
    default: place_node(entry, name); break;
  }
}

// Only a layer has an entry for its root; it sets the metadata of "/".
void Extractor::place_root(const TarEntry& entry) {
  if (entry.type != TarEntry::Type::kDir) {
    throw Error::of(ErrorKind::kCorrupt, "an entry named {} is no directory", entry.path);
  }
  finder_.enter({}, Missing::kFail);
  set_owner(entry, finder_.dir(), "");
  set_xattrs(entry, finder_.dir());
  sys::chmod_fd(finder_.dir(), entry.mode);
  finder_.implied().remove({});
  finder_.set_time(entry.mtime);
}

// A whiteout concerns the layers below only. Whatever this layer has under that name stays, and if
// that is a directory, it becomes opaque to hide the one below.
void Extractor::place_whiteout(std::span<const std::string> parts) {
  const std::string& name = parts.back();
  std::span<const std::string> parent = parts.first(parts.size() - 1);
  bool is_opaque = name == kOpaqueName;
  if (!is_opaque && std::ranges::any_of(parts, [](const std::string& part) {
        return part.starts_with(kAufsPrefix);
      })) {
    return;
  }
  if (std::ranges::any_of(parent, is_reserved)) {
    throw Error::of(ErrorKind::kCorrupt, "an entry lies below a whiteout");
  }
  std::string victim = is_opaque ? "" : name.substr(kWhiteoutPrefix.size());
  if (!is_opaque && (victim.empty() || victim == "." || victim == "..")) {
    throw Error::of(ErrorKind::kCorrupt, "a whiteout of \"{}\"", victim);
  }
  if (policy_.drop_whiteouts) return;
  finder_.enter(parent, Missing::kMake);
  if (is_opaque) {
    make_opaque(finder_.dir());
    return;
  }
  std::optional<struct stat> st = sys::find_stat_at(finder_.dir(), victim.c_str());
  if (!st) {
    make_whiteout(finder_.changing(), victim.c_str());
  } else if (S_ISDIR(st->st_mode)) {
    make_opaque(sys::open_at(finder_.dir(), victim.c_str(), sys::kOpenDir));
  }
}

// Retries `call` after removing what is in its way. It returns -1 and sets errno, like a system
// call.
template <typename Make>
int Extractor::make(const std::string& name, Make call) {
  finder_.changing();
  int result = sys::retry_eintr(call);
  if (result >= 0 || errno != EEXIST) return result;
  clear(name);
  return sys::retry_eintr(call);
}

// Removes what an earlier entry put here. Returns whether it was a whiteout.
bool Extractor::clear(const std::string& name) {
  std::optional<struct stat> st = sys::find_stat_at(finder_.dir(), name.c_str());
  if (!st) return false;
  sys::remove_tree_at(finder_.changing(), name.c_str());
  result_.has_replaced = true;
  return is_whiteout_device(*st);
}

void Extractor::place_dir(const TarEntry& entry, const std::string& name) {
  std::vector<std::string> path = finder_.names();
  path.push_back(name);
  bool over_whiteout = false;
  bool is_new = ::mkdirat(finder_.changing().get(), name.c_str(), 0755) == 0;
  if (!is_new) {
    if (errno != EEXIST) throw Error::from_errno(errno, "make directory {}", name);
    if (!S_ISDIR(sys::stat_at(finder_.dir(), name.c_str()).st_mode)) {
      over_whiteout = clear(name) && is_layer();
      // A directory that replaces this layer's own whiteout must not show the lower directory.
      sys::make_dir_at(finder_.dir(), name.c_str(), 0755);
      is_new = true;
    }
  }
  if (is_layer()) {
    finder_.implied().remove(path);
  } else if (is_new) {
    finder_.implied().add(path);  // made by this archive, so a second entry may change it
  } else if (!finder_.implied().contains(path)) {
    return;
  }
  sys::Fd dir = sys::open_at(finder_.dir(), name.c_str(), sys::kOpenDir);
  if (over_whiteout) make_opaque(dir);
  set_owner(entry, dir, "");
  set_xattrs(entry, dir);
  sys::chmod_fd(dir, entry.mode);
  sys::set_mtime(dir, entry.mtime);
}

void Extractor::place_file(const TarEntry& entry, const std::string& name, TarReader& tar) {
  sys::Fd file(make(name, [&] {
    return ::openat(finder_.dir().get(), name.c_str(),
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  }));
  if (!file) throw Error::from_errno(errno, "make file {}", name);
  write_content(entry, file, tar);
  // The order matters: writing and chown(2) clear set-id bits and capabilities.
  set_owner(entry, file, "");
  set_xattrs(entry, file);
  sys::chmod_fd(file, entry.mode);
  sys::set_mtime(file, entry.mtime);
}

void Extractor::write_content(const TarEntry& entry, const sys::Fd& file, TarReader& tar) {
  if (!entry.extents) {
    for (std::uint64_t left = entry.size; left > 0;) {
      std::span<const std::byte> piece = tar.read_content(left);
      sys::write_all(file, piece);
      left -= piece.size();
    }
    return;
  }
  for (const TarExtent& extent : *entry.extents) {
    ::lseek(file.get(), static_cast<off_t>(extent.offset), SEEK_SET);
    for (std::uint64_t left = extent.size; left > 0;) {
      std::span<const std::byte> piece = tar.read_content(left);
      sys::write_all(file, piece);
      left -= piece.size();
    }
  }
  // Seeking past a hole does not extend the file; a hole at its end needs this.
  if (::ftruncate(file.get(), static_cast<off_t>(entry.size)) < 0) {
    throw Error::from_errno(errno, "set a size of {} bytes", entry.size);
  }
}

// Symlinks have no mode of their own, and user.* attributes are not allowed on them (xattr(7)).
void Extractor::place_symlink(const TarEntry& entry, const std::string& name) {
  const sys::Fd& dir = finder_.dir();
  int made = make(name, [&] { return ::symlinkat(entry.link.c_str(), dir.get(), name.c_str()); });
  if (made < 0) throw Error::from_errno(errno, "make symlink {}", name);
  set_owner(entry, dir, name.c_str());
  set_mtime_at(dir, name.c_str(), entry.mtime);
}

// A device that this user namespace may not make is left out with a warning, not an error.
void Extractor::place_node(const TarEntry& entry, const std::string& name) {
  bool is_fifo = entry.type == TarEntry::Type::kFifo;
  mode_t type = is_fifo ? S_IFIFO : entry.type == TarEntry::Type::kChar ? S_IFCHR : S_IFBLK;
  dev_t device = is_fifo ? 0 : makedev(entry.dev_major, entry.dev_minor);
  if (type == S_IFCHR && device == 0) {
    warn(entry.path + " is a 0/0 device, which overlayfs takes for a deletion; left out");
    return;
  }
  const sys::Fd& dir = finder_.dir();
  int made = make(name, [&] { return ::mknodat(dir.get(), name.c_str(), type | 0600, device); });
  if (made < 0 && errno == EPERM && !is_fifo) {
    warn(entry.path + " is a device node, which needs real root to make; left out");
    return;
  }
  if (made < 0) throw Error::from_errno(errno, "make node {}", name);
  set_owner(entry, dir, name.c_str());
  sys::chmod_at(dir, name.c_str(), entry.mode);
  set_mtime_at(dir, name.c_str(), entry.mtime);
}

Owner Extractor::named_owner(const TarEntry& entry) const {
  if (policy_.owner) return *policy_.owner;
  return {.uid = checked_id(entry.uid, entry.path), .gid = checked_id(entry.gid, entry.path)};
}

// An empty `name` means `dir` itself.
void Extractor::set_owner(const TarEntry& entry, const sys::Fd& dir, const char* name) {
  Owner owner = named_owner(entry);
  if (::fchownat(dir.get(), name, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0)
    return;
  int code = errno;
  // EINVAL: no mapping for the id in this user namespace. EPERM: we may not change owners at all.
  if (code != EINVAL && code != EPERM) {
    throw Error::from_errno(code, "give {} to {}", entry.path, owner);
  }
  lose_owner(entry, owner);
}

// Neighbouring entries have the same owner, and a lookup reads files of /proc.
bool Extractor::has_ids(const Owner& owner) {
  if (had_ids_ != owner) {
    if (!sys::has_ids(owner)) return false;
    had_ids_ = owner;
  }
  return true;
}

void Extractor::lose_owner(const TarEntry& entry, const Owner& owner) {
  if (policy_.unmapped == UnmappedOwners::kRefuse) {
    throw sys::unmapped_id("/" + join(path_parts(entry.path), "/"), owner);
  }
  ++result_.lost_owners;
}

void Extractor::set_xattrs(const TarEntry& entry, const sys::Fd& file) {
  for (const auto& [name, value] : entry.xattrs) {
    std::string stored = stored_xattr_name(name);
    if (stored.empty()) continue;  // security.selinux and the like are the host's, not the image's
    // The mount escapes overlayfs's names itself; a layer directory needs them escaped by us.
    if (policy_.view == XattrForm::kMounted) stored = name;
    if (!sys::try_set_xattr(file, stored.c_str(), value)) {
      warn(fmt::format("{} loses its attribute {}, which this filesystem refuses", entry.path,
                       name));
    }
  }
}

void Extractor::warn(std::string text) {
  if (++result_.warning_count <= kMaxWarnings) result_.warnings.push_back(std::move(text));
}

}  // namespace cairn::overlay::internal
