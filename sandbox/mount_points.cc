// SPDX-License-Identifier: Apache-2.0
#include "sandbox/mount_points.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;
using sys::Follow;
using sys::RootDir;

// These stay where an image has none: runc makes them, and BuildKit takes only its own stubs away.
constexpr const char* kStandard[] = {"proc", "sys", "dev"};
constexpr int kMaxLinks = 40;  // as the kernel's MAXSYMLINKS

std::string directory_of(const std::string& path) {
  std::string_view text = path;
  while (text.ends_with('/')) text.remove_suffix(1);
  std::size_t slash = text.rfind('/');
  return slash == std::string_view::npos || slash == 0 ? "/" : std::string(text.substr(0, slash));
}

Fd create(const RootDir::Parent& parent, MountPointType type) {
  const char* name = parent.name.c_str();
  timespec mtime = sys::stat_of(parent.dir).st_mtim;
  Fd made;
  if (type == MountPointType::kDirectory) {
    sys::make_dir_at(parent.dir, name, 0755);
    made = sys::open_at(parent.dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    sys::chmod_fd(made, 0755);
  } else {
    made = sys::open_at(parent.dir, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0644);
    sys::chmod_fd(made, 0644);
  }
  sys::set_mtime(parent.dir, mtime);
  return sys::open_at(parent.dir, name, O_PATH | O_NOFOLLOW);
}

// What `path` names, made when it is not there. A symlink to nowhere is followed to where the
// missing thing belongs: /etc/resolv.conf often points into a /run that an image does not fill.
Fd find_or_make(const RootDir& root, const std::string& path, MountPointType type, Follow follow,
                int links = 0) {
  if (std::optional<Fd> fd = root.find_in(path, O_PATH, follow)) return std::move(*fd);
  std::optional<RootDir::Parent> parent = root.find_parent(path);
  if (!parent) {
    if (directory_of(path) == path) throw Error::from_errno(ENOENT, "find {} in the image", path);
    find_or_make(root, directory_of(path), MountPointType::kDirectory, Follow::kYes, links);
    parent = root.open_parent(path);
  }
  if (!sys::find_stat_at(parent->dir, parent->name.c_str())) return create(*parent, type);
  if (links >= kMaxLinks) throw Error::from_errno(ELOOP, "make the mount point {}", path);
  std::string target = sys::read_link_at(parent->dir, parent->name.c_str());
  if (!target.starts_with('/')) target = directory_of(path) + "/" + target;
  return find_or_make(root, target, type, follow, links + 1);
}

bool overlay_private(std::string_view name) {
  return name.starts_with("user.overlay.") || name.starts_with("trusted.overlay.");
}

// Names and values in a fixed order, or "" where the filesystem has none.
std::string xattrs_of(const Fd& fd) {
  std::string names(65536, '\0');
  ssize_t length = ::flistxattr(fd.get(), names.data(), names.size());
  if (length <= 0) return "";
  names.resize(static_cast<std::size_t>(length));
  std::vector<std::string> all = split(names, '\0');
  std::sort(all.begin(), all.end());
  std::string text;
  for (const std::string& name : all) {
    if (name.empty() || overlay_private(name)) continue;
    std::string value(65536, '\0');
    ssize_t size = ::fgetxattr(fd.get(), name.c_str(), value.data(), value.size());
    value.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    text += fmt::format("{}={}:{};", name, value.size(), value);
  }
  return text;
}

// What overlayfs copied up remembers where it came from (Documentation/filesystems/overlayfs.rst),
// as user.* where the mount is unprivileged.
bool is_copied_up(const Fd& fd) {
  return ::fgetxattr(fd.get(), "trusted.overlay.origin", nullptr, 0) >= 0 ||
         ::fgetxattr(fd.get(), "user.overlay.origin", nullptr, 0) >= 0;
}

// Directories and empty files alone stand in a fresh upperdir: nothing else is made there.
void picture(const Fd& dir, const std::string& prefix, StubPicture& stubs) {
  for (const sys::DirEntry& entry : sys::list_dir(dir)) {
    const char* name = entry.name.c_str();
    Fd fd = sys::open_at(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    struct stat st = sys::stat_of(fd);
    stubs.push_back({.path = prefix + entry.name,
                     .as_made = st,
                     .copied_up = is_copied_up(fd),
                     .xattrs = xattrs_of(fd)});
    if (S_ISDIR(st.st_mode)) picture(fd, prefix + entry.name + "/", stubs);
  }
}

bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

// Whether it may go, as far as it tells itself: only rmdir knows whether a directory is empty.
bool is_removable(const Stub& stub, const Fd& fd) {
  struct stat now = sys::stat_of(fd);
  const struct stat& then = stub.as_made;
  if (!stub.copied_up) return S_ISDIR(now.st_mode) || now.st_size == 0;
  return now.st_ino == then.st_ino && now.st_dev == then.st_dev && now.st_mode == then.st_mode &&
         now.st_uid == then.st_uid && now.st_gid == then.st_gid &&
         (S_ISDIR(now.st_mode) || now.st_size == 0) && same_time(now.st_mtim, then.st_mtim) &&
         xattrs_of(fd) == stub.xattrs;
}

// Opens the directory of a stub's path component by component, no symlink on the way.
std::optional<Fd> open_directory_of(const Fd& upper, const std::string& path) {
  Fd dir = sys::duplicate(upper);
  std::vector<std::string> parts = split(path, '/');
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    int next =
        ::openat(dir.get(), parts[i].c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0) return std::nullopt;  // replaced or gone: no longer ours
    dir = Fd(next);
  }
  return dir;
}

void remove_stub(const Fd& upper, const Stub& stub) {
  std::optional<Fd> dir = open_directory_of(upper, stub.path);
  if (!dir) return;
  const char* name = stub.path.c_str() + stub.path.rfind('/') + 1;
  // O_PATH first: what stands there now may be a fifo or a device.
  Fd there(::openat(dir->get(), name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!there || sys::stat_of(there).st_ino != stub.as_made.st_ino) return;
  Fd fd(::openat(dir->get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd || !is_removable(stub, fd)) return;
  timespec mtime = sys::stat_of(*dir).st_mtim;
  // A directory that holds something stays: rmdir refuses, and that is the test.
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
  throw Error::of(ErrorKind::kDockerfile, "{} cannot be mounted on: {} is needed, and it is {}",
                  path, wanted, found);
}

StubPicture make_mount_points(const RootDir& root, const Fd& upper, const SandboxSpec& spec,
                              const StepFds& fds) {
  for (const char* name : kStandard) {
    open_mount_point(root, std::string("/") + name, MountPointType::kDirectory, Follow::kNo);
  }
  std::vector<std::string> covered = {"/dev/", "/proc/", "/sys/"};
  for (const MountPoint& mount : spec.mounts) {
    // What will lie in another mount needs no stub in the image.
    std::string path = rooted_path(mount.target);
    auto below = [&](const std::string& dir) { return path.starts_with(dir); };
    if (std::none_of(covered.begin(), covered.end(), below)) {
      open_mount_point(root, mount.target, type_of(mount, fds));
    }
    covered.push_back(path + "/");
  }
  StubPicture stubs;
  picture(upper, "", stubs);
  std::erase_if(stubs, [](const Stub& stub) {
    return std::find(std::begin(kStandard), std::end(kStandard), stub.path) != std::end(kStandard);
  });
  return stubs;
}

void remove_stubs(const Fd& upper, const StubPicture& stubs) {
  for (auto stub = stubs.rbegin(); stub != stubs.rend(); ++stub) remove_stub(upper, *stub);
}

}  // namespace cairn::sandbox
