// SPDX-License-Identifier: Apache-2.0
#include "overlay/copy.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys/copy.h"
#include "base/sys/xattr.h"
#include "base/text.h"

namespace cairn::overlay {
namespace {

using sys::Fd;
using sys::Follow;

constexpr int kMaxSymlinks = 40;
constexpr mode_t kPermissions = 07777;

std::string base_name(const std::string& path) {
  std::string clean = rooted_path(path);
  return clean.substr(clean.rfind('/') + 1);
}

std::string child(const std::string& dir, const std::string& name) {
  return dir.empty() || dir == "/" ? dir + name : dir + "/" + name;
}

// What travels between steps: capabilities, user attributes and ACLs. A filesystem that refuses one
// is no reason to fail (FEATURES C12); labels of security modules belong to the host.
bool travels(const std::string& name) {
  if (name.starts_with("user.overlay.")) return false;  // a layer seen raw shows overlayfs's marks
  return name == "security.capability" || name.starts_with("user.") ||
         name.starts_with("system.posix_acl_");
}

void copy_xattrs(const Fd& from, const Fd& to) {
  for (const std::string& name : sys::list_xattrs(from)) {
    if (!travels(name)) continue;
    if (std::optional<std::string> value = sys::find_xattr(from, name.c_str())) {
      sys::try_set_xattr(to, name.c_str(), *value);
    }
  }
}

}  // namespace

// One name below a directory of the source, and where it goes.
struct TreeCopier::Entry {
  const Fd& source_dir;
  const std::string& name;
  const std::string source_path;  // relative to the source root
  const Fd& dest_dir;
  const std::string dest_name;
  const std::string dest_path;  // rooted, for messages and hard links
};

TreeCopier::TreeCopier(const sys::RootDir& from, const sys::RootDir& to, CopyOptions options)
    : from_(from), to_(to), options_(std::move(options)) {}

Fd TreeCopier::make_dirs(const std::string& path) {
  std::optional<mode_t> mode = options_.mode ? options_.mode->absolute() : std::nullopt;
  return to_.make_dirs(path, mode.value_or(0755), [&](const Fd& made) {
    if (options_.owner) sys::chown_at(made, "", options_.owner->uid, options_.owner->gid);
    if (mode) sys::chmod_fd(made, *mode);
  });
}

// The path that `path` leads to when symlinks at its last component are followed, also one that
// leads to nothing yet.
std::string TreeCopier::follow_final(std::string path) const {
  for (int links = 0; links <= kMaxSymlinks; ++links) {
    std::optional<sys::RootDir::Parent> parent = to_.find_parent(path);
    if (!parent || parent->name == ".") return path;
    std::optional<struct stat> st = sys::find_stat_at(parent->dir, parent->name.c_str());
    if (!st || !S_ISLNK(st->st_mode)) return path;
    std::string target = sys::read_link_at(parent->dir, parent->name.c_str());
    std::string dir = path.substr(0, path.rfind('/') + 1);
    path = target.starts_with('/') ? target : dir + target;
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  }
  throw Error::of(ErrorKind::kDockerfile, "too many levels of symbolic links: {}", path);
}

void TreeCopier::copy(const std::string& source, const std::string& dest) {
  Fd from = from_.open_in(source, O_PATH, Follow::kYes);
  struct stat st = sys::stat_of(from);
  std::string clean = rooted_path(dest);
  bool names_directory = dest.ends_with('/') || clean == "/";
  make_dirs(names_directory ? dest : clean.substr(0, clean.rfind('/') + 1));

  std::string target = follow_final(clean);
  std::optional<struct stat> at_target = to_.find_stat(target, Follow::kYes);
  std::string source_path = rooted_path(source).substr(1);
  if (S_ISDIR(st.st_mode)) {
    if (at_target && !S_ISDIR(at_target->st_mode)) {
      throw Error::of(ErrorKind::kDockerfile, "cannot copy to non-directory: {}", clean);
    }
    Fd into = make_dirs(target);
    copy_contents(sys::reopen(from, O_RDONLY | O_DIRECTORY), source_path, into, target);
    sys::set_mtime(into, mtime_for(st));
    return;
  }
  if (at_target && S_ISDIR(at_target->st_mode)) target = child(target, base_name(source));
  make_dirs(target.substr(0, target.rfind('/') + 1));
  sys::RootDir::Parent place = to_.open_parent(target);
  // The named source was followed, so it is opened again by its real name.
  std::string self = fmt::format("/proc/self/fd/{}", from.get());
  Entry entry{from, self, source_path, place.dir, place.name, target};
  clear_target(entry);
  if (S_ISREG(st.st_mode)) {
    copy_file(entry, st);
  } else {
    copy_node(entry, st);
  }
}

void TreeCopier::copy_contents(const Fd& source, const std::string& source_path, const Fd& dest,
                               const std::string& dest_path) {
  for (const sys::DirEntry& found : sys::list_dir(source)) {
    copy_entry({source, found.name, child(source_path, found.name), dest, found.name,
                child(dest_path, found.name)});
  }
}

void TreeCopier::copy_entry(const Entry& entry) {
  if (options_.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
  struct stat st = sys::stat_at(entry.source_dir, entry.name.c_str());
  if (options_.filter != nullptr) {
    auto verdict = options_.filter->judge(entry.source_path, S_ISDIR(st.st_mode));
    if (verdict == PathFilter::Verdict::kExcluded) return;
    if (verdict == PathFilter::Verdict::kPartly) {
      if (S_ISDIR(st.st_mode)) copy_partly(entry, st);
      return;
    }
  }
  if (S_ISDIR(st.st_mode)) return copy_directory(entry, st);
  clear_target(entry);
  if (S_ISREG(st.st_mode)) return copy_file(entry, st);
  if (S_ISLNK(st.st_mode)) return copy_symlink(entry, st);
  copy_node(entry, st);
}

void TreeCopier::copy_directory(const Entry& entry, const struct stat& st) {
  std::optional<struct stat> there = sys::find_stat_at(entry.dest_dir, entry.dest_name.c_str());
  if (there && !S_ISDIR(there->st_mode)) {
    Error error =
        Error::of(ErrorKind::kDockerfile, "cannot copy to non-directory: {}", entry.dest_path);
    if (S_ISLNK(there->st_mode)) {
      std::string target = sys::read_link_at(entry.dest_dir, entry.dest_name.c_str());
      error.set_hint(
          fmt::format("{0} is a symlink to {1} in this stage: copy to {1} instead, or make the "
                      "source a link too",
                      entry.dest_path, target));
    }
    throw error;
  }
  if (!there) sys::make_dir_at(entry.dest_dir, entry.dest_name.c_str(), 0700);
  constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  Fd source = sys::open_at(entry.source_dir, entry.name.c_str(), kDirectory);
  Fd dest = sys::open_at(entry.dest_dir, entry.dest_name.c_str(), kDirectory);
  copy_contents(source, entry.source_path, dest, entry.dest_path);
  apply_metadata(dest, source, st);
}

// An excluded directory comes into being only when something below it is included.
void TreeCopier::copy_partly(const Entry& entry, const struct stat& st) {
  Fd source =
      sys::open_at(entry.source_dir, entry.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (includes_below(*options_.filter, source, entry.source_path)) copy_directory(entry, st);
}

void TreeCopier::copy_file(const Entry& entry, const struct stat& st) {
  if (st.st_nlink > 1 && link_to_earlier(entry, st)) return;
  // O_NONBLOCK: should a FIFO have taken the file's place, the open must not hang.
  Fd source = sys::open_at(entry.source_dir, entry.name.c_str(), O_RDONLY | O_NONBLOCK);
  struct stat opened = sys::stat_of(source);
  if (!S_ISREG(opened.st_mode)) {
    throw Error::of(ErrorKind::kHost, "{} changed while it was copied", entry.source_path);
  }
  Fd made = sys::open_at(entry.dest_dir, entry.dest_name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  sys::copy_file_contents(source, made);
  apply_metadata(made, source, opened);
}

bool TreeCopier::link_to_earlier(const Entry& entry, const struct stat& st) {
  auto [seen, first] = seen_.try_emplace({st.st_dev, st.st_ino}, entry.dest_path);
  if (first) return false;
  sys::RootDir::Parent earlier = to_.open_parent(seen->second);
  sys::link_at(earlier.dir, earlier.name.c_str(), entry.dest_dir, entry.dest_name.c_str());
  return true;
}

void TreeCopier::copy_symlink(const Entry& entry, const struct stat& st) {
  sys::symlink_at(sys::read_link_at(entry.source_dir, entry.name.c_str()), entry.dest_dir,
                  entry.dest_name.c_str());
  Owner owner = options_.owner.value_or(Owner{st.st_uid, st.st_gid});
  sys::chown_at(entry.dest_dir, entry.dest_name.c_str(), owner.uid, owner.gid);
  sys::set_times_at(entry.dest_dir, entry.dest_name.c_str(), st.st_atim, mtime_for(st));
}

mode_t TreeCopier::mode_for(const struct stat& st) const {
  mode_t permissions = st.st_mode & kPermissions;
  return options_.mode ? options_.mode->apply(permissions, S_ISDIR(st.st_mode)) : permissions;
}

// Devices and FIFOs are made anew; a socket has no meaning in an image and becomes an empty file.
void TreeCopier::copy_node(const Entry& entry, const struct stat& st) {
  mode_t type = S_ISSOCK(st.st_mode) ? S_IFREG : st.st_mode & S_IFMT;
  mode_t mode = mode_for(st);
  if (type == S_IFCHR && st.st_rdev == 0) {
    throw Error::of(ErrorKind::kDockerfile,
                    "cannot copy {}: overlayfs takes a 0/0 device for a deletion",
                    entry.source_path);
  }
  sys::make_node_at(entry.dest_dir, entry.dest_name.c_str(), type | 0600, st.st_rdev);
  Owner owner = options_.owner.value_or(Owner{st.st_uid, st.st_gid});
  sys::chown_at(entry.dest_dir, entry.dest_name.c_str(), owner.uid, owner.gid);
  sys::chmod_at(entry.dest_dir, entry.dest_name.c_str(), mode);
  sys::set_times_at(entry.dest_dir, entry.dest_name.c_str(), st.st_atim, mtime_for(st));
}

// A file or link may replace a file or a link, never a directory.
void TreeCopier::clear_target(const Entry& entry) {
  std::optional<struct stat> there = sys::find_stat_at(entry.dest_dir, entry.dest_name.c_str());
  if (!there) return;
  if (S_ISDIR(there->st_mode)) {
    throw Error::of(ErrorKind::kDockerfile, "cannot replace to directory {} with file",
                    entry.dest_path);
  }
  sys::unlink_at(entry.dest_dir, entry.dest_name.c_str());
}

// Owner before mode, since chown clears setuid bits; attributes after both, since chown clears
// capabilities; times last.
void TreeCopier::apply_metadata(const Fd& made, const Fd& source, const struct stat& st) {
  Owner owner = options_.owner.value_or(Owner{st.st_uid, st.st_gid});
  sys::chown_at(made, "", owner.uid, owner.gid);
  sys::chmod_fd(made, mode_for(st));
  copy_xattrs(source, made);
  sys::set_mtime(made, mtime_for(st));
}

}  // namespace cairn::overlay
