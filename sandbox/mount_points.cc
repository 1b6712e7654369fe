// SPDX-License-Identifier: Apache-2.0
//
// Finds or makes mount points, takes the picture of what was made, and removes it again. All of
// this works by descriptor, because the names belong to the image, and later to the step.
#include "sandbox/mount_points.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;
using sys::Follow;
using sys::RootDir;

// These remain where the image has none: runc makes them, and BuildKit removes only its own stubs.
constexpr const char* kStandard[] = {"proc", "sys", "dev"};

std::string parent_of(const std::string& path) {
  std::string_view text = path;
  while (text.ends_with('/')) text.remove_suffix(1);
  std::size_t slash = text.rfind('/');
  return slash == std::string_view::npos || slash == 0 ? "/" : std::string(text.substr(0, slash));
}

Fd create(const RootDir::Parent& parent, MountPointType type) {
  const char* name = parent.name.c_str();
  // The image's directory must not look changed just because of a stub.
  Timestamp mtime = timestamp_of(sys::stat_of(parent.dir).st_mtim);
  Fd made;
  if (type == MountPointType::kDirectory) {
    sys::make_dir_at(parent.dir, name, 0755);
    made = sys::open_at(parent.dir, name, sys::kOpenDir);
    sys::chmod_fd(made, 0755);
  } else {
    made = sys::open_at(parent.dir, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0644);
    sys::chmod_fd(made, 0644);
  }
  sys::set_mtime(parent.dir, mtime);
  return sys::open_at(parent.dir, name, O_PATH | O_NOFOLLOW);
}

// Returns what `path` names, and makes it if it is missing. A dangling symlink is followed to where
// its target belongs: /etc/resolv.conf often points into a /run that the image does not fill.
Fd find_or_make(const RootDir& root, const std::string& path, MountPointType type, Follow follow,
                int links = 0) {
  if (std::optional<Fd> fd = root.find_in(path, O_PATH, follow)) return std::move(*fd);
  std::optional<RootDir::Parent> parent = root.find_parent(path);
  if (!parent) {
    if (parent_of(path) == path) throw Error::from_errno(ENOENT, "find {} in the image", path);
    find_or_make(root, parent_of(path), MountPointType::kDirectory, Follow::kYes, links);
    parent = root.open_parent(path);
  }
  if (!sys::find_stat_at(parent->dir, parent->name.c_str())) return create(*parent, type);
  if (links >= limits::kSymlinks) throw Error::from_errno(ELOOP, "make the mount point {}", path);
  std::string target = sys::read_link_at(parent->dir, parent->name.c_str());
  if (!target.starts_with('/')) target = parent_of(path) + "/" + target;
  return find_or_make(root, target, type, follow, links + 1);
}

// Names and values in a fixed order; "" if the filesystem has none.
std::string xattrs_of(const Fd& fd, const UpperMarks& marks) {
  std::string names(65536, '\0');
  ssize_t length = ::flistxattr(fd.get(), names.data(), names.size());
  if (length <= 0) return "";
  names.resize(static_cast<std::size_t>(length));
  std::vector<std::string> all = split(names, '\0');
  std::sort(all.begin(), all.end());
  std::string text;
  for (const std::string& name : all) {
    if (name.empty() || marks.is_mark(name)) continue;
    std::string value(65536, '\0');
    ssize_t size = ::fgetxattr(fd.get(), name.c_str(), value.data(), value.size());
    value.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    text += fmt::format("{}={}:{};", name, value.size(), value);
  }
  return text;
}

// A new upperdir contains only directories and empty files: nothing else was made there.
void picture(const Fd& dir, const std::string& prefix, const UpperMarks& marks,
             StubPicture& stubs) {
  for (const sys::DirEntry& entry : sys::list_dir(dir)) {
    const char* name = entry.name.c_str();
    Fd fd = sys::open_at(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    struct stat st = sys::stat_of(fd);
    stubs.push_back({.path = prefix + entry.name,
                     .as_made = st,
                     .copied_up = marks.is_copied_up(fd),
                     .xattrs = xattrs_of(fd, marks)});
    if (S_ISDIR(st.st_mode)) picture(fd, prefix + entry.name + "/", marks, stubs);
  }
}

// Whether the stub itself may be removed. Whether a directory is empty is left to rmdir(2).
bool is_removable(const Stub& stub, const Fd& fd, const UpperMarks& marks) {
  struct stat now = sys::stat_of(fd);
  const struct stat& then = stub.as_made;
  if (!stub.copied_up) return S_ISDIR(now.st_mode) || now.st_size == 0;
  return now.st_ino == then.st_ino && now.st_dev == then.st_dev && now.st_mode == then.st_mode &&
         now.st_uid == then.st_uid && now.st_gid == then.st_gid &&
         (S_ISDIR(now.st_mode) || now.st_size == 0) &&
         timestamp_of(now.st_mtim) == timestamp_of(then.st_mtim) &&
         xattrs_of(fd, marks) == stub.xattrs;
}

// Opens the directory of a stub's path, one component at a time and without following symlinks.
std::optional<Fd> open_directory_of(const Fd& upper, const std::string& path) {
  Fd dir = sys::duplicate(upper);
  std::vector<std::string> parts = split(path, '/');
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    int next = ::openat(dir.get(), parts[i].c_str(), sys::kOpenDir | O_CLOEXEC);
    if (next < 0) return std::nullopt;  // replaced or removed by the step: no longer ours
    dir = Fd(next);
  }
  return dir;
}

void remove_stub(const Fd& upper, const Stub& stub, const UpperMarks& marks) {
  std::optional<Fd> dir = open_directory_of(upper, stub.path);
  if (!dir) return;
  const char* name = stub.path.c_str() + stub.path.rfind('/') + 1;
  // O_PATH first: there may be a FIFO or a device now, and opening one has side effects.
  Fd there(::openat(dir->get(), name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!there || sys::stat_of(there).st_ino != stub.as_made.st_ino) return;
  Fd fd(::openat(dir->get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd || !is_removable(stub, fd, marks)) return;
  Timestamp mtime = timestamp_of(sys::stat_of(*dir).st_mtim);
  // If a directory is not empty, rmdir(2) refuses; that is the test.
  int flags = S_ISDIR(stub.as_made.st_mode) ? AT_REMOVEDIR : 0;
  if (::unlinkat(dir->get(), name, flags) == 0) sys::set_mtime(*dir, mtime);
}

MountPointType type_of(const MountPoint& mount, const StepFds& fds) {
  if (mount.kind == MountKind::kTmpfs) return MountPointType::kDirectory;
  bool is_dir = S_ISDIR(sys::stat_of(fds.mounts.at(mount.fd_index)).st_mode);
  return is_dir ? MountPointType::kDirectory : MountPointType::kFile;
}

}  // namespace

Fd open_mount_point(const RootDir& root, const std::string& path, MountPointType type,
                    Follow follow) {
  Fd fd = find_or_make(root, path, type, follow);
  mode_t mode = sys::stat_of(fd).st_mode;
  if (S_ISDIR(mode) == (type == MountPointType::kDirectory) && !S_ISLNK(mode)) return fd;
  const char* wanted = type == MountPointType::kDirectory ? "a directory" : "a file";
  const char* found = S_ISLNK(mode) ? "a symlink" : S_ISDIR(mode) ? "a directory" : "not one";
  throw dockerfile_error("{} cannot be mounted on: {} is needed, and it is {}", path, wanted,
                         found);
}

void make_mount_points(const RootDir& root, const SandboxSpec& spec, const StepFds& fds) {
  for (const char* name : kStandard) {
    open_mount_point(root, std::string("/") + name, MountPointType::kDirectory, Follow::kNo);
  }
  std::vector<std::string> covered = {"/dev/", "/proc/", "/sys/"};
  for (const MountPoint& mount : spec.mounts) {
    // A target inside another mount needs no stub in the image.
    std::string path = rooted_path(mount.target);
    auto below = [&](const std::string& dir) { return path.starts_with(dir); };
    if (std::none_of(covered.begin(), covered.end(), below)) {
      open_mount_point(root, mount.target, type_of(mount, fds));
    }
    covered.push_back(path + "/");
  }
}

StubPicture picture_stubs(const Fd& upper, const UpperMarks& marks) {
  StubPicture stubs;
  picture(upper, "", marks, stubs);
  std::erase_if(stubs, [](const Stub& stub) {
    return std::find(std::begin(kStandard), std::end(kStandard), stub.path) != std::end(kStandard);
  });
  return stubs;
}

void remove_stubs(const Fd& upper, const StubPicture& stubs, const UpperMarks& marks) {
  // In reverse: children before their parents, so that directories become empty.
  for (auto stub = stubs.rbegin(); stub != stubs.rend(); ++stub) remove_stub(upper, *stub, marks);
}

}  // namespace cairn::sandbox
