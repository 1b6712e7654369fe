// SPDX-License-Identifier: Apache-2.0
//
// Everything from the host is cloned, mounted or opened before the root changes, and attached
// afterwards: by then nothing of the host has a name any more.
#include "sandbox/internal/bare_root.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/sys/fd.h"
#include "base/sys/mount.h"
#include "sandbox/internal/cgroup_view.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;
using sys::MountTree;
using sys::Recursive;

struct Node {
  const char* name;
  unsigned minor_number;
  unsigned major_number;
};
constexpr std::array<Node, 6> kNodes{{{"null", 3, 1},
                                      {"zero", 5, 1},
                                      {"full", 7, 1},
                                      {"random", 8, 1},
                                      {"urandom", 9, 1},
                                      {"tty", 0, 5}}};
constexpr unsigned long kNodeAttributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;

MountTree clone_host(const char* path) {
  return sys::clone_tree(sys::open_path(path, O_PATH), "", Recursive::kYes);
}

// A container around us may lack a node or have something else in its place. Only the real device
// is taken, and only null is required (masks are made of it).
//
// For real root the nodes are the host's own inodes, and uid 0 of a step owns them. On a read-only
// mount a device can be read and written, but its mode, owner, times and attributes cannot be
// changed (mnt_want_write() in the kernel, EROFS). A step copies these mounts into the mount
// namespace of a less privileged user namespace, which locks their flags: not even an insecure step
// can remove them (mount_namespaces(7), "Restrictions on mount namespaces").
std::vector<std::pair<const char*, MountTree>> clone_nodes() {
  std::vector<std::pair<const char*, MountTree>> nodes;
  for (const Node& node : kNodes) {
    std::string path = fmt::format("/dev/{}", node.name);
    std::optional<Fd> fd = sys::find_path(path, O_PATH | O_NOFOLLOW);
    if (!fd) continue;
    struct stat st = sys::stat_of(*fd);
    bool real =
        S_ISCHR(st.st_mode) && st.st_rdev == ::makedev(node.major_number, node.minor_number);
    if (!real) continue;
    MountTree tree = sys::clone_tree(*fd, "", Recursive::kNo);
    sys::add_mount_attributes(tree.fd(), "", kNodeAttributes, Recursive::kNo);
    nodes.emplace_back(node.name, std::move(tree));
  }
  if (nodes.empty() || std::string_view(nodes[0].first) != "null") {
    throw Error::of(ErrorKind::kHost, "/dev/null of this host is not the null device");
  }
  return nodes;
}

MountTree make_sys(SysMount kind) {
  if (kind == SysMount::kBound) return clone_host("/sys");
  return sys::new_filesystem("sysfs", {}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

// Programs size themselves by the limits they find there, on every rung.
void attach_cgroups(const Fd& host, SysMount sys, const Fd& root, Notes& notes) {
  bool hidden = carry_out(Operation::kCgroupNamespace, notes, [&] {
    enter_cgroup_namespace();
    mount_cgroup_view(host, sys::open_at(root, "sys/fs/cgroup", O_PATH | O_DIRECTORY));
  });
  if (hidden || sys == SysMount::kBound) return;  // a bound /sys brought the host's along
  sys::clone_tree(host, "", Recursive::kYes).attach(root, "sys/fs/cgroup");
}

void make_file(const Fd& dir, const char* name) {
  sys::open_at(dir, name, O_CREAT | O_EXCL | O_WRONLY, 0644);
}

// Attaches the new root over /proc, a directory that every host has. pivot_root(".", ".") then
// swaps it with the old root, which ends up on top of it and is detached (pivot_root(2), "NOTES").
Fd pivot_launcher_into(const MountTree& bare) {
  bare.attach(sys::open_path("/proc", O_PATH), "");
  Fd root = sys::open_path("/proc", O_RDONLY | O_DIRECTORY);
  if (::fchdir(root.get()) < 0) throw Error::from_errno(errno, "enter the launcher's root");
  if (::syscall(SYS_pivot_root, ".", ".") < 0) {
    throw Error::from_errno(errno, "pivot_root of the launcher");
  }
  return root;
}

}  // namespace

void enter_bare_root(const LauncherPlan& plan, Notes& notes) {
  ErrorContext while_here([] { return std::string("making the launcher's root"); });
  if (plan.root_entry != RootEntry::kPivotRoot) {
    throw Error(ErrorKind::kBug, "the launcher can enter its root by pivot_root alone");
  }
  if (::unshare(CLONE_NEWNS) < 0) throw Error::from_errno(errno, "unshare the mount namespace");
  // Of our own pid namespace, so that its numbers are those that clone(2) returns.
  MountTree proc =
      sys::new_filesystem("proc", {}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  MountTree sysfs = make_sys(plan.sys);
  std::optional<Fd> cgroups = sys::find_path("/sys/fs/cgroup", O_PATH | O_DIRECTORY);
  std::vector<std::pair<const char*, MountTree>> nodes = clone_nodes();
  MountTree bare = sys::new_filesystem("tmpfs", {{"mode", "0755"}, {"size", "64k"}});
  for (const char* dir : {"proc", "sys", "dev", "empty", "root"}) {
    sys::make_dir_at(bare.fd(), dir, 0755);
  }
  for (const auto& [name, tree] : nodes) make_file(bare.fd(), fmt::format("dev/{}", name).c_str());

  Fd root = pivot_launcher_into(bare);
  // Attach /proc before the old root goes: once the last visible proc is gone, no new one can be
  // mounted.
  proc.attach(root, "proc");
  sysfs.attach(root, "sys");
  if (cgroups) attach_cgroups(*cgroups, plan.sys, root, notes);
  for (const auto& [name, tree] : nodes) tree.attach(root, fmt::format("dev/{}", name).c_str());
  sys::new_filesystem("tmpfs", {{"mode", "0555"}, {"size", "4k"}}, MOUNT_ATTR_RDONLY)
      .attach(root, "empty");
  sys::detach(".");
  if (::chdir("/") < 0) throw Error::from_errno(errno, "enter the launcher's root");
}

}  // namespace cairn::sandbox
