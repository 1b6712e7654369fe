// SPDX-License-Identifier: Apache-2.0
#include "overlay/internal/extractor.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace cairn::overlay::internal {
namespace {

constexpr std::string_view kWhiteoutPrefix = ".wh.";
constexpr std::string_view kOpaqueName = ".wh..wh..opq";
constexpr std::string_view kAufsPrefix = ".wh..wh.";  // aufs's own bookkeeping, met in old layers
constexpr std::size_t kMaxWarnings = 20;
constexpr std::size_t kMaxXattrs = 512;
constexpr int kOpenDir = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

bool is_reserved(const std::string& part) {
  return part.starts_with(kWhiteoutPrefix);
}

timespec to_timespec(Timestamp time) {
  return {.tv_sec = time.seconds, .tv_nsec = time.nanos};
}

void set_mtime_at(const sys::Fd& dir, const char* name, Timestamp time) {
  sys::set_times_at(dir, name, {.tv_sec = 0, .tv_nsec = UTIME_OMIT}, to_timespec(time));
}

uid_t checked_id(std::uint64_t id, const std::string& path) {
  // (uid_t)-1 means "leave as it is" to the kernel.
  if (id >= UINT32_MAX) throw Error::of(ErrorKind::kCorrupt, "{}: owner {} is no id", path, id);
  return static_cast<uid_t>(id);
}

}  // namespace

UnpackResult Extractor::run(ByteSource& source) {
  TarReader tar(source);
  std::string path;
  ErrorContext while_here(
      [&] { return path.empty() ? "reading a tar archive" : "unpacking " + path; });
  finder_.enter(policy_.base, Missing::kMake);
  if (policy_.whiteouts) finder_.implied().insert("");  // a layer's root, until an entry names it
  while (std::optional<TarEntry> entry = tar.next()) {
    path = entry->path;
    count(*entry);
    place(*entry, tar);
  }
  path.clear();
  if (policy_.whiteouts) tar.drain();  // a layer's digest covers what follows the archive
  settle_implied();
  set_dir_times();
  return std::move(result_);
}

void Extractor::count(const TarEntry& entry) {
  if (++result_.entries > limits_.max_entries) {
    throw Error::of(ErrorKind::kLimit, "more than {} entries in one archive", limits_.max_entries);
  }
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
  std::vector<std::string> own = path_parts(entry.path);
  if (own.size() > limits_.max_depth) {
    throw Error::of(ErrorKind::kLimit, "more than {} directories deep", limits_.max_depth);
  }
  if (own.empty()) {
    place_root(entry);
    return;
  }
  std::vector<std::string> parts = policy_.base;
  parts.insert(parts.end(), own.begin(), own.end());
  if (policy_.whiteouts && std::ranges::any_of(own, is_reserved)) {
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

void Extractor::place_root(const TarEntry& entry) {
  if (entry.type != TarEntry::Type::kDir) {
    throw Error::of(ErrorKind::kCorrupt, "an entry named {} is no directory", entry.path);
  }
  finder_.enter(policy_.base, Missing::kMake);
  set_owner(entry, finder_.dir(), "");
  set_xattrs(entry, finder_.dir());
  sys::chmod_fd(finder_.dir(), entry.mode);
  finder_.implied().erase(finder_.path());
  dir_times_[finder_.path()] = entry.mtime;
}

// A whiteout concerns the layers below only: what this layer itself holds under the name stays, and
// if that is a directory, it hides the one below.
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
    make_whiteout(finder_.dir(), victim.c_str());
  } else if (S_ISDIR(st->st_mode)) {
    make_opaque(sys::open_at(finder_.dir(), victim.c_str(), kOpenDir));
  }
}

// Calls `call` until nothing stands in its way; it answers -1 with errno like a system call.
template <typename Make>
int Extractor::make(const std::string& name, Make call) {
  int result = sys::retry_eintr(call);
  if (result >= 0 || errno != EEXIST) return result;
  clear(name);
  return sys::retry_eintr(call);
}

// Later entries replace earlier ones. Tells whether a whiteout stood there.
bool Extractor::clear(const std::string& name) {
  std::optional<struct stat> st = sys::find_stat_at(finder_.dir(), name.c_str());
  if (!st) return false;
  sys::remove_tree_at(finder_.dir(), name.c_str());
  return is_whiteout_device(*st);
}

void Extractor::place_dir(const TarEntry& entry, const std::string& name) {
  bool over_whiteout = false;
  if (::mkdirat(finder_.dir().get(), name.c_str(), 0755) < 0) {
    if (errno != EEXIST) throw Error::from_errno(errno, "make directory {}", name);
    if (!S_ISDIR(sys::stat_at(finder_.dir(), name.c_str()).st_mode)) {
      over_whiteout = clear(name) && policy_.whiteouts;
      sys::make_dir_at(finder_.dir(), name.c_str(), 0755);
    }
  }
  sys::Fd dir = sys::open_at(finder_.dir(), name.c_str(), kOpenDir);
  if (over_whiteout) make_opaque(dir);
  set_owner(entry, dir, "");
  set_xattrs(entry, dir);
  sys::chmod_fd(dir, entry.mode);
  std::string path = finder_.path_of(name);
  finder_.implied().erase(path);
  dir_times_[std::move(path)] = entry.mtime;
}

void Extractor::place_file(const TarEntry& entry, const std::string& name, TarReader& tar) {
  sys::Fd file(make(name, [&] {
    return ::openat(finder_.dir().get(), name.c_str(),
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  }));
  if (!file) throw Error::from_errno(errno, "make file {}", name);
  write_content(entry, file, tar);
  // The order matters: writing and chown(2) take set-id bits and capabilities away.
  set_owner(entry, file, "");
  set_xattrs(entry, file);
  sys::chmod_fd(file, entry.mode);
  sys::set_mtime(file, to_timespec(entry.mtime));
}

void Extractor::write_content(const TarEntry& entry, const sys::Fd& file, TarReader& tar) {
  if (!entry.extents) {
    for (std::uint64_t left = entry.size; left > 0;) {
      std::span<const std::byte> piece = tar.take(left);
      sys::write_all(file, piece);
      left -= piece.size();
    }
    return;
  }
  for (const TarExtent& extent : *entry.extents) {
    ::lseek(file.get(), static_cast<off_t>(extent.offset), SEEK_SET);
    for (std::uint64_t left = extent.size; left > 0;) {
      std::span<const std::byte> piece = tar.take(left);
      sys::write_all(file, piece);
      left -= piece.size();
    }
  }
  if (::ftruncate(file.get(), static_cast<off_t>(entry.size)) < 0) {
    throw Error::from_errno(errno, "set a size of {} bytes", entry.size);
  }
}

void Extractor::place_link(const TarEntry& entry, std::span<const std::string> parent,
                           const std::string& name) {
  std::vector<std::string> target = policy_.base;
  std::vector<std::string> own = path_parts(entry.link);
  if (own.empty()) throw Error::of(ErrorKind::kCorrupt, "a hard link to {}", entry.link);
  target.insert(target.end(), own.begin(), own.end());
  std::optional<struct stat> st;
  sys::Fd from;
  if (finder_.enter(std::span(target).first(target.size() - 1), Missing::kFail)) {
    st = sys::find_stat_at(finder_.dir(), target.back().c_str());
    from = sys::duplicate(finder_.dir());
  }
  finder_.enter(parent, Missing::kMake);
  if (!st || is_whiteout_device(*st)) {
    if (!policy_.whiteouts) {
      throw Error::of(ErrorKind::kCorrupt, "a hard link to {}, which is not there", entry.link);
    }
    result_.lower_links.push_back({.path = finder_.path_of(name), .target = join(target, "/")});
    return;
  }
  if (S_ISDIR(st->st_mode)) {
    throw Error::of(ErrorKind::kCorrupt, "a hard link to the directory {}", entry.link);
  }
  std::optional<struct stat> there = sys::find_stat_at(finder_.dir(), name.c_str());
  if (there && there->st_dev == st->st_dev && there->st_ino == st->st_ino) return;
  if (there) clear(name);
  sys::link_at(from, target.back().c_str(), finder_.dir(), name.c_str());
}

void Extractor::place_symlink(const TarEntry& entry, const std::string& name) {
  const sys::Fd& dir = finder_.dir();
  int made = make(name, [&] { return ::symlinkat(entry.link.c_str(), dir.get(), name.c_str()); });
  if (made < 0) throw Error::from_errno(errno, "make symlink {}", name);
  set_owner(entry, dir, name.c_str());
  set_mtime_at(dir, name.c_str(), entry.mtime);
}

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

// With an empty name `dir` itself is meant.
void Extractor::set_owner(const TarEntry& entry, const sys::Fd& dir, const char* name) {
  uid_t uid = policy_.owner ? policy_.owner->first : checked_id(entry.uid, entry.path);
  gid_t gid = policy_.owner ? policy_.owner->second : checked_id(entry.gid, entry.path);
  if (::fchownat(dir.get(), name, uid, gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0) return;
  if (errno != EINVAL && errno != EPERM) {
    throw Error::from_errno(errno, "give {} to {}:{}", entry.path, uid, gid);
  }
  warn(fmt::format("{} belongs to {}:{}, which our id map does not hold; left to root", entry.path,
                   uid, gid));
}

void Extractor::set_xattrs(const TarEntry& entry, const sys::Fd& file) {
  for (const auto& [name, value] : entry.xattrs) {
    std::string stored = stored_xattr_name(name);
    if (stored.empty()) continue;  // security.selinux and the like are the host's, not the image's
    if (policy_.view == View::kMerged) stored = name;
    if (!sys::try_set_xattr(file, stored.c_str(), value)) {
      warn(fmt::format("{} loses its attribute {}, which this filesystem refuses", entry.path,
                       name));
    }
  }
}

void Extractor::settle_implied() {
  for (const std::string& dir : finder_.implied()) {
    if (!finder_.enter(path_parts(dir), Missing::kFail)) continue;  // replaced since
    result_.implied_dirs.push_back(dir.empty() ? "." : dir);
    if (policy_.whiteouts) dir_times_.try_emplace(dir);  // not "now": the same bytes, the same tree
    if (policy_.owner) {
      sys::chown_at(finder_.dir(), "", policy_.owner->first, policy_.owner->second);
    }
  }
}

void Extractor::set_dir_times() {
  for (const auto& [path, mtime] : dir_times_) {
    // A directory may have been replaced since by something else.
    std::vector<std::string> parts = path_parts(path);
    if (!finder_.enter(parts, Missing::kFail) || finder_.path() != path) continue;
    sys::set_mtime(finder_.dir(), to_timespec(mtime));
  }
}

void Extractor::warn(std::string text) {
  if (++result_.warning_count <= kMaxWarnings) result_.warnings.push_back(std::move(text));
}

}  // namespace cairn::overlay::internal
