// SPDX-License-Identifier: Apache-2.0
//
// The mounts of a step, one function for each operation of its set-up. Files on a filesystem that
// we just mounted are named by plain relative paths; everything else is resolved inside the root.
#include "sandbox/internal/step_mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/attempt.h"
#include "base/error.h"
#include "sandbox/mount_points.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;
using sys::Follow;
using sys::MountTree;
using sys::Recursive;
using sys::RootDir;

constexpr unsigned long kPlain = MS_NOSUID | MS_NODEV | MS_NOEXEC;
constexpr unsigned kPlainAttributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

// Files that reveal the host or reach into it, as docker and BuildKit mask them; below /proc and
// /sys.
constexpr const char* kMaskedProcDirs[] = {"acpi", "asound", "scsi"};
constexpr const char* kMaskedProcFiles[] = {
    "interrupts", "kcore", "keys", "latency_stats", "timer_list", "timer_stats", "sched_debug"};
constexpr const char* kMaskedSysDirs[] = {"firmware", "devices/virtual/powercap"};
constexpr const char* kReadOnlyProc[] = {"bus", "fs", "irq", "sys", "sysrq-trigger"};

// Mounts on top of a standard directory and makes it the working directory. The image must not
// redirect it by a symlink. From here on, plain mount(2) with relative names is safe: the
// filesystem is one we just mounted, so its names are what they seem. One such call costs a third
// of open_tree(2)'s three.
void enter_standard(const RootDir& root, const char* path, const MountTree& tree) {
  tree.attach(open_mount_point(root, path, MountPointType::kDirectory, Follow::kNo), "");
  if (::fchdir(tree.fd().get()) < 0) throw Error::from_errno(errno, "enter {}", path);
}

// Covers `name` with `cover`, or with `other` if it is the other kind of file on this kernel. The
// likely one comes first: a mount that is refused for the wrong kind (ENOTDIR) waits for all
// processors (synchronize_rcu_expedited(), namespace_unlock in fs/namespace.c).
void mask(const char* name, const char* cover, const char* other) {
  if (::mount(cover, name, nullptr, MS_BIND, nullptr) == 0) return;
  if (errno == ENOTDIR && ::mount(other, name, nullptr, MS_BIND, nullptr) == 0) return;
  if (errno != ENOENT) throw Error::from_errno(errno, "mask {}", name);
}

void mask_dir(const char* name) {
  mask(name, "/empty", "/dev/null");
}

void mask_file(const char* name) {
  mask(name, "/dev/null", "/empty");
}

void protect(const char* name) {
  // A bind mount ignores MS_RDONLY; it takes a remount.
  if (::mount(name, name, nullptr, MS_BIND | MS_REC, nullptr) < 0) {
    if (errno == ENOENT) return;
    throw Error::from_errno(errno, "bind {}", name);
  }
  sys::mount_at("", name, "", MS_BIND | MS_REMOUNT | MS_RDONLY | kPlain);
}

// The launcher's /sys belongs to the host's network, and a step with a network of its own must not
// see the host's devices. A step that owns its network may mount sysfs itself; for an entered
// network the launcher has mounted it. If a container around us has covered parts of sysfs, the
// kernel refuses, and an empty directory stands in.
MountTree make_sys(NetworkEntry network, const MountTree& of_entered) {
  if (network == NetworkEntry::kShared) {
    return sys::clone_tree(sys::open_path("/sys", O_PATH), "", Recursive::kYes);
  }
  if (of_entered) return MountTree(sys::duplicate(of_entered.fd()));
  std::optional<MountTree> own =
      unless_errno(EPERM, [] { return sys::new_filesystem("sysfs", {}); });
  if (own) return std::move(*own);
  return sys::clone_tree(sys::open_path("/empty", O_PATH), "", Recursive::kNo);
}

// The same view as in the launcher's /sys: programs size themselves by the limits they find there.
void add_cgroups(const MountTree& sysfs) {
  if (!sys::exists("/sys/fs/cgroup") || !sys::find_at(sysfs.fd(), "fs/cgroup", O_PATH)) return;
  sys::clone_tree(sys::open_path("/sys/fs/cgroup", O_PATH), "", Recursive::kYes)
      .attach(sysfs.fd(), "fs/cgroup");
}

void bind_nodes() {
  for (const sys::DirEntry& node : sys::list_dir(sys::open_path("/dev", O_RDONLY | O_DIRECTORY))) {
    sys::open_path(node.name, O_CREAT | O_EXCL | O_WRONLY, 0666);
    sys::mount_at("/dev/" + node.name, node.name, "", MS_BIND);
  }
}

void make_dir_here(const char* name, mode_t mode) {
  if (::mkdir(name, mode) < 0 || ::chmod(name, mode) < 0) {
    throw Error::from_errno(errno, "make /dev/{}", name);
  }
}

void link_here(const char* target, const char* name) {
  if (::symlink(target, name) < 0) throw Error::from_errno(errno, "make /dev/{}", name);
}

std::string devpts_options(const IdMap& gid_map) {
  constexpr std::uint32_t kTtyGroup = 5;  // "tty" on every distribution
  std::string options = "newinstance,ptmxmode=0666,mode=0620";
  return maps(gid_map, kTtyGroup) ? options + ",gid=5" : options;
}

}  // namespace

void mount_extra(const RootDir& root, const StepRequest& request, const MountPoint& mount) {
  MountTree fresh;
  MountPointType type = MountPointType::kDirectory;
  const Fd* source = nullptr;
  if (mount.kind == MountKind::kTmpfs) {
    sys::MountOptions options{{"mode", fmt::format("{:o}", mount.tmpfs_mode)}};
    if (mount.tmpfs_size != 0) options.emplace_back("size", std::to_string(mount.tmpfs_size));
    fresh = sys::new_filesystem("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  } else {
    source = &request.fds.mounts.at(mount.fd_index);
    if (!S_ISDIR(sys::stat_of(*source).st_mode)) type = MountPointType::kFile;
    fresh = MountTree(sys::duplicate(*source));
  }
  Fd target = open_mount_point(root, mount.target, type);
  // A mount inside /proc could fake what is read there; runc refuses it, too.
  struct statfs where;
  if (::fstatfs(target.get(), &where) == 0 && where.f_type == PROC_SUPER_MAGIC) {
    throw dockerfile_error("nothing can be mounted inside /proc: {}", mount.target);
  }
  fresh.attach(target, "");
  unsigned long attributes = MOUNT_ATTR_NODEV | (mount.read_only ? MOUNT_ATTR_RDONLY : 0);
  sys::add_mount_attributes(fresh.fd(), "", attributes, Recursive::kYes);
}

RootDir attach_root(const MountTree& tree) {
  tree.attach(sys::open_path("/root", O_PATH), "");
  sys::add_mount_attributes(tree.fd(), "", MOUNT_ATTR_NODEV, Recursive::kYes);
  return RootDir::open("/root");
}

void mount_proc(const RootDir& root) {
  enter_standard(root, "/proc", sys::new_filesystem("proc", {}, kPlainAttributes));
}

void mask_proc() {
  for (const char* name : kMaskedProcDirs) mask_dir(name);
  for (const char* name : kMaskedProcFiles) mask_file(name);
  for (const char* name : kReadOnlyProc) protect(name);
}

void mount_sys(const RootDir& root, const StepRequest& request) {
  MountTree tree = make_sys(request.plan.network, request.sysfs);
  enter_standard(root, "/sys", tree);
  // Only an attached mount can get mounts below it.
  if (request.plan.network == NetworkEntry::kEntered) add_cgroups(tree);
  unsigned attributes = kPlainAttributes | (request.spec.insecure ? 0 : MOUNT_ATTR_RDONLY);
  sys::add_mount_attributes(tree.fd(), "", attributes, Recursive::kYes);
}

void mask_sys() {
  for (const char* name : kMaskedSysDirs) mask_dir(name);
}

// Each step gets a new /dev: what one leaves there, no other sees.
void mount_dev(const RootDir& root) {
  enter_standard(
      root, "/dev",
      sys::new_filesystem("tmpfs", {{"mode", "0755"}, {"size", "64m"}}, MOUNT_ATTR_NOSUID));
  bind_nodes();
  make_dir_here("pts", 0755);
  make_dir_here("shm", 01777);  // if its own mount is refused, it remains part of this tmpfs
  make_dir_here("mqueue", 0755);
}

void mount_pts(const IdMap& gid_map) {
  sys::mount_at("devpts", "pts", "devpts", MS_NOSUID | MS_NOEXEC, devpts_options(gid_map));
}

void mount_shm(std::uint64_t size) {
  sys::mount_at("tmpfs", "shm", "tmpfs", kPlain, fmt::format("mode=1777,size={}", size));
}

void mount_mqueue() {
  sys::mount_at("mqueue", "mqueue", "mqueue", kPlain, "");
}

void link_dev() {
  link_here("pts/ptmx", "ptmx");
  link_here("/proc/self/fd", "fd");
  link_here("/proc/self/fd/0", "stdin");
  link_here("/proc/self/fd/1", "stdout");
  link_here("/proc/self/fd/2", "stderr");
  link_here("/proc/kcore", "core");
}

void make_read_only(const RootDir& root) {
  sys::add_mount_attributes(root.fd(), "", MOUNT_ATTR_RDONLY, Recursive::kNo);
}

void pivot_step_into(const RootDir& root) {
  if (::fchdir(root.fd().get()) < 0) throw Error::from_errno(errno, "enter the step's root");
  // The old root ends up on top of the new one and is detached from there.
  if (::syscall(SYS_pivot_root, ".", ".") < 0) throw Error::from_errno(errno, "pivot_root");
  sys::detach(".");
  if (::chdir("/") < 0) throw Error::from_errno(errno, "enter the step's root");
}

}  // namespace cairn::sandbox
