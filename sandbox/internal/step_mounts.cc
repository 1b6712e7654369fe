// SPDX-License-Identifier: Apache-2.0
#include "sandbox/internal/step_mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

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

// What tells about the host or reaches into it, as docker and BuildKit mask it: below /proc and
// /sys.
constexpr const char* kMaskedProc[] = {"acpi",        "asound",        "interrupts", "kcore",
                                       "keys",        "latency_stats", "timer_list", "timer_stats",
                                       "sched_debug", "scsi"};
constexpr const char* kMaskedSys[] = {"firmware", "devices/virtual/powercap"};
constexpr const char* kReadOnlyProc[] = {"bus", "fs", "irq", "sys", "sysrq-trigger"};

// A mount on top of a standard directory, which becomes our working directory. The image must not
// redirect it by a symlink. From here on plain mount(2) and relative names do: the filesystem is
// one we just mounted, so its names are what they seem, and one call is a third of open_tree's
// three.
void enter_standard(const RootDir& root, const char* path, const MountTree& tree) {
  ErrorContext while_here([path] { return fmt::format("mounting {}", path); });
  tree.attach(open_mount_point(root, path, MountPointType::kDirectory, Follow::kNo), "");
  if (::fchdir(tree.fd().get()) < 0) throw Error::from_errno(errno, "enter {}", path);
}

// Covers `name` by the null device, or by an empty directory when it is one.
void mask(const char* name) {
  if (::mount("/dev/null", name, nullptr, MS_BIND, nullptr) == 0) return;
  if (errno == ENOTDIR && ::mount("/empty", name, nullptr, MS_BIND, nullptr) == 0) return;
  if (errno != ENOENT) throw Error::from_errno(errno, "mask {}", name);
}

void protect(const char* name) {
  if (::mount(name, name, nullptr, MS_BIND | MS_REC, nullptr) < 0) {
    if (errno == ENOENT) return;
    throw Error::from_errno(errno, "bind {}", name);
  }
  sys::mount_at("", name, "", MS_BIND | MS_REMOUNT | MS_RDONLY | kPlain);
}

// The launcher's /sys belongs to the host's network. A step with a network of its own must not see
// the other's devices, and may mount sysfs itself; where a container around us has covered parts of
// sysfs, the kernel refuses that, and an empty directory stands in.
MountTree make_sys(NetworkMode network) {
  if (network == NetworkMode::kHost) {
    return sys::clone_tree(sys::open_path("/sys", O_PATH), "", Recursive::kYes);
  }
  try {
    return sys::new_filesystem("sysfs", {});
  } catch (const Error& error) {
    if (error.code() != EPERM) throw;
    return sys::clone_tree(sys::open_path("/empty", O_PATH), "", Recursive::kNo);
  }
}

void bind_nodes() {
  for (const sys::DirEntry& node : sys::list_dir(sys::open_path("/dev", O_RDONLY | O_DIRECTORY))) {
    sys::open_path(node.name, O_CREAT | O_EXCL | O_WRONLY, 0666);
    sys::mount_at("/dev/" + node.name, node.name, "", MS_BIND);
  }
}

void mount_here(const char* name, const char* type, unsigned long flags,
                const std::string& options) {
  if (::mkdir(name, 0755) < 0) throw Error::from_errno(errno, "make /dev/{}", name);
  sys::mount_at(type, name, type, flags, options);
}

void link_here(const char* target, const char* name) {
  if (::symlink(target, name) < 0) throw Error::from_errno(errno, "make /dev/{}", name);
}

std::string devpts_options(const StepWorld& world) {
  constexpr std::uint32_t kTtyGroup = 5;  // of every distribution since long ago
  std::string options = "newinstance,ptmxmode=0666,mode=0620";
  return maps(world.gid_map, kTtyGroup) ? options + ",gid=5" : options;
}

void mount_extra(const RootDir& root, const StepRequest& request, const MountPoint& mount) {
  ErrorContext while_here([&] { return fmt::format("mounting on {}", mount.target); });
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
  struct statfs where;
  if (::fstatfs(target.get(), &where) == 0 && where.f_type == PROC_SUPER_MAGIC) {
    throw Error::of(ErrorKind::kDockerfile, "nothing can be mounted inside /proc: {}",
                    mount.target);
  }
  fresh.attach(target, "");
  unsigned long attributes = MOUNT_ATTR_NODEV | (mount.read_only ? MOUNT_ATTR_RDONLY : 0);
  sys::add_mount_attributes(fresh.fd(), "", attributes, Recursive::kYes);
}

}  // namespace

RootDir attach_root(const MountTree& tree) {
  ErrorContext while_here([] { return std::string("attaching the root of the step"); });
  tree.attach(sys::open_path("/root", O_PATH), "");
  sys::add_mount_attributes(tree.fd(), "", MOUNT_ATTR_NODEV, Recursive::kYes);
  return RootDir::open("/root");
}

void mount_proc(const RootDir& root, const SandboxSpec& spec) {
  enter_standard(root, "/proc", sys::new_filesystem("proc", {}, kPlainAttributes));
  if (spec.insecure) return;
  for (const char* name : kMaskedProc) mask(name);
  for (const char* name : kReadOnlyProc) protect(name);
}

void mount_sys(const RootDir& root, const SandboxSpec& spec) {
  MountTree tree = make_sys(spec.network);
  unsigned attributes = kPlainAttributes | (spec.insecure ? 0 : MOUNT_ATTR_RDONLY);
  sys::add_mount_attributes(tree.fd(), "", attributes, Recursive::kYes);
  enter_standard(root, "/sys", tree);
  if (spec.insecure) return;
  for (const char* name : kMaskedSys) mask(name);
}

// Each step has a /dev of its own, made anew: what one step leaves there is no other's to see.
void mount_dev(const RootDir& root, const SandboxSpec& spec, const StepWorld& world) {
  enter_standard(
      root, "/dev",
      sys::new_filesystem("tmpfs", {{"mode", "0755"}, {"size", "64m"}}, MOUNT_ATTR_NOSUID));
  bind_nodes();
  mount_here("pts", "devpts", MS_NOSUID | MS_NOEXEC, devpts_options(world));
  mount_here("shm", "tmpfs", kPlain, fmt::format("mode=1777,size={}", spec.shm_size));
  mount_here("mqueue", "mqueue", kPlain, "");
  link_here("pts/ptmx", "ptmx");
  link_here("/proc/self/fd", "fd");
  link_here("/proc/self/fd/0", "stdin");
  link_here("/proc/self/fd/1", "stdout");
  link_here("/proc/self/fd/2", "stderr");
  link_here("/proc/kcore", "core");
}

void mount_extras(const RootDir& root, const StepRequest& request) {
  for (const MountPoint& mount : request.spec.mounts) mount_extra(root, request, mount);
}

void make_read_only(const RootDir& root) {
  sys::add_mount_attributes(root.fd(), "", MOUNT_ATTR_RDONLY, Recursive::kNo);
}

void pivot_into(const RootDir& root) {
  if (::fchdir(root.fd().get()) < 0) throw Error::from_errno(errno, "enter the step's root");
  // The old root ends up on top of the new one, and is detached from there.
  if (::syscall(SYS_pivot_root, ".", ".") < 0) throw Error::from_errno(errno, "pivot_root");
  sys::detach(".");
  if (::chdir("/") < 0) throw Error::from_errno(errno, "enter the step's root");
}

}  // namespace cairn::sandbox
