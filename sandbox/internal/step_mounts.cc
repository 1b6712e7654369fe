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

constexpr unsigned kPlain = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

// What tells about the host or reaches into it, as docker and BuildKit mask it: below /proc and /sys.
constexpr const char* kMaskedProc[] = {"acpi",         "asound",     "interrupts",  "kcore",
                                       "keys",         "latency_stats", "timer_list", "timer_stats",
                                       "sched_debug",  "scsi"};
constexpr const char* kMaskedSys[] = {"firmware", "devices/virtual/powercap"};
constexpr const char* kReadOnlyProc[] = {"bus", "fs", "irq", "sys", "sysrq-trigger"};

// A mount on top of the standard directories; the image must not redirect them by a symlink.
Fd attach_standard(const RootDir& root, const char* path, const MountTree& tree) {
  Fd target = open_mount_point(root, path, MountPointType::kDirectory, Follow::kNo);
  tree.attach(target, "");
  return root.open_in(path, O_PATH | O_DIRECTORY, Follow::kNo);
}

// Covers `name` by the host's null device or an empty directory. The directory is a kernel
// filesystem we just mounted, so its names are what they seem.
void mask(const Fd& dir, const char* name) {
  std::optional<Fd> victim = sys::find_at(dir, name, O_PATH | O_NOFOLLOW);
  if (!victim) return;
  bool is_dir = S_ISDIR(sys::stat_of(*victim).st_mode);
  sys::clone_tree(sys::open_path(is_dir ? "/empty" : "/dev/null", O_PATH), "", Recursive::kNo)
      .attach(*victim, "");
}

void protect(const Fd& dir, const char* name) {
  std::optional<Fd> victim = sys::find_at(dir, name, O_PATH | O_NOFOLLOW);
  if (!victim) return;
  MountTree tree = sys::clone_tree(*victim, "", Recursive::kYes);
  sys::add_mount_attributes(tree.fd(), "", MOUNT_ATTR_RDONLY | kPlain, Recursive::kYes);
  tree.attach(*victim, "");
}

// The launcher's /sys belongs to the host's network. A step with a network of its own must not see
// the other's devices, and may mount sysfs itself; where a container around us has covered parts of
// sysfs, the kernel refuses that, and an empty directory stands in.
MountTree make_sys(NetworkMode network) {
  if (network == NetworkMode::kHost) {
    return sys::clone_tree(sys::open_path("/sys", O_PATH), "", Recursive::kYes);
  }
  try {
    return sys::new_filesystem("sysfs", {}, kPlain);
  } catch (const Error& error) {
    if (error.code() != EPERM) throw;
    return sys::clone_tree(sys::open_path("/empty", O_PATH), "", Recursive::kNo);
  }
}

void mount_nodes(const Fd& dev) {
  Fd nodes = sys::open_path("/dev", O_RDONLY | O_DIRECTORY);
  for (const sys::DirEntry& node : sys::list_dir(nodes)) {
    sys::open_at(dev, node.name.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0666);
    sys::clone_tree(nodes, node.name.c_str(), Recursive::kNo).attach(dev, node.name.c_str());
  }
}

void mount_in_dev(const Fd& dev, const char* name, const std::string& type,
                  const sys::MountOptions& options, unsigned attributes) {
  sys::make_dir_at(dev, name, 0755);
  sys::new_filesystem(type, options, attributes).attach(dev, name);
}

sys::MountOptions devpts_options(const StepWorld& world) {
  constexpr std::uint32_t kTtyGroup = 5;  // of every distribution since long ago
  sys::MountOptions options{{"newinstance", ""}, {"ptmxmode", "0666"}, {"mode", "0620"}};
  if (maps(world.gid_map, kTtyGroup)) options.emplace_back("gid", "5");
  return options;
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
    throw Error::of(ErrorKind::kDockerfile, "nothing can be mounted inside /proc: {}", mount.target);
  }
  fresh.attach(target, "");
  unsigned long attributes = MOUNT_ATTR_NODEV | (mount.read_only ? MOUNT_ATTR_RDONLY : 0);
  sys::add_mount_attributes(fresh.fd(), "", attributes, Recursive::kYes);
}

}  // namespace

RootDir attach_root(const MountTree& tree) {
  tree.attach(sys::open_path("/root", O_PATH), "");
  sys::add_mount_attributes(tree.fd(), "", MOUNT_ATTR_NODEV, Recursive::kYes);
  return RootDir::open("/root");
}

void mount_proc(const RootDir& root) {
  Fd proc = attach_standard(root, "/proc", sys::new_filesystem("proc", {}, kPlain));
  for (const char* name : kMaskedProc) mask(proc, name);
  for (const char* name : kReadOnlyProc) protect(proc, name);
}

void mount_sys(const RootDir& root, NetworkMode network) {
  MountTree tree = make_sys(network);
  sys::add_mount_attributes(tree.fd(), "", MOUNT_ATTR_RDONLY | kPlain, Recursive::kYes);
  Fd sysfs = attach_standard(root, "/sys", tree);
  for (const char* name : kMaskedSys) mask(sysfs, name);
}

// Each step has a /dev of its own, made anew: what one step leaves there is no other's to see.
void mount_dev(const RootDir& root, const SandboxSpec& spec, const StepWorld& world) {
  MountTree tree =
      sys::new_filesystem("tmpfs", {{"mode", "0755"}, {"size", "64m"}}, MOUNT_ATTR_NOSUID);
  Fd dev = attach_standard(root, "/dev", tree);
  mount_nodes(dev);
  mount_in_dev(dev, "pts", "devpts", devpts_options(world), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  mount_in_dev(dev, "shm", "tmpfs",
               {{"mode", "1777"}, {"size", std::to_string(spec.shm_size)}}, kPlain);
  mount_in_dev(dev, "mqueue", "mqueue", {}, kPlain);
  sys::symlink_at("pts/ptmx", dev, "ptmx");
  sys::symlink_at("/proc/self/fd", dev, "fd");
  sys::symlink_at("/proc/self/fd/0", dev, "stdin");
  sys::symlink_at("/proc/self/fd/1", dev, "stdout");
  sys::symlink_at("/proc/self/fd/2", dev, "stderr");
  sys::symlink_at("/proc/kcore", dev, "core");
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
