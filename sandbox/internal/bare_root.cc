// SPDX-License-Identifier: Apache-2.0
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

MountTree clone_host(const char* path) {
  return sys::clone_tree(sys::open_path(path, O_PATH), "", Recursive::kYes);
}

// A container around us may lack a node or have something else in its place: only the real device
// is taken, and only null is a must (masks are made of it).
std::vector<std::pair<const char*, MountTree>> clone_nodes() {
  std::vector<std::pair<const char*, MountTree>> nodes;
  for (const Node& node : kNodes) {
    std::string path = fmt::format("/dev/{}", node.name);
    std::optional<Fd> fd = sys::find_path(path, O_PATH | O_NOFOLLOW);
    if (!fd) continue;
    struct stat st = sys::stat_of(*fd);
    bool real =
        S_ISCHR(st.st_mode) && st.st_rdev == ::makedev(node.major_number, node.minor_number);
    if (real) nodes.emplace_back(node.name, sys::clone_tree(*fd, "", Recursive::kNo));
  }
  if (nodes.empty() || std::string_view(nodes[0].first) != "null") {
    throw Error::of(ErrorKind::kHost, "/dev/null of this host is not the null device");
  }
  return nodes;
}

// Real root owns the network namespace and may mount sysfs anew, without debugfs, tracefs and what
// else hangs in the host's. Others bind the whole: there these belong to a root we are not.
MountTree make_sys(Identity identity) {
  if (identity != Identity::kI0) return clone_host("/sys");
  return sys::new_filesystem("sysfs", {}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

// Programs size themselves by the limits they find there, on every rung alike.
std::optional<MountTree> clone_cgroups() {
  if (!sys::exists("/sys/fs/cgroup")) return std::nullopt;
  return clone_host("/sys/fs/cgroup");
}

void make_file(const Fd& dir, const char* name) {
  sys::open_at(dir, name, O_CREAT | O_EXCL | O_WRONLY, 0644);
}

// The new root is attached over /proc, a directory every host has; then pivot_root(".", ".") swaps
// it with the old root, which ends up on top of it and is detached (pivot_root(2), "NOTES").
Fd pivot_into(const MountTree& bare) {
  bare.attach(sys::open_path("/proc", O_PATH), "");
  Fd root = sys::open_path("/proc", O_RDONLY | O_DIRECTORY);
  if (::fchdir(root.get()) < 0) throw Error::from_errno(errno, "enter the launcher's root");
  if (::syscall(SYS_pivot_root, ".", ".") < 0) {
    throw Error::from_errno(errno, "pivot_root of the launcher");
  }
  return root;
}

}  // namespace

void enter_bare_root(Identity identity) {
  ErrorContext while_here([] { return std::string("making the launcher's root"); });
  if (::unshare(CLONE_NEWNS) < 0) throw Error::from_errno(errno, "unshare the mount namespace");
  MountTree proc = clone_host("/proc");
  MountTree sysfs = make_sys(identity);
  std::optional<MountTree> cgroups = clone_cgroups();
  std::vector<std::pair<const char*, MountTree>> nodes = clone_nodes();
  MountTree bare = sys::new_filesystem("tmpfs", {{"mode", "0755"}, {"size", "64k"}});
  for (const char* dir : {"proc", "sys", "dev", "empty", "root"}) {
    sys::make_dir_at(bare.fd(), dir, 0755);
  }
  for (const auto& [name, tree] : nodes) make_file(bare.fd(), fmt::format("dev/{}", name).c_str());

  Fd root = pivot_into(bare);
  // /proc before the old root goes: with the last visible one gone no new one could be mounted.
  proc.attach(root, "proc");
  sysfs.attach(root, "sys");
  if (identity == Identity::kI0 && cgroups) cgroups->attach(root, "sys/fs/cgroup");
  for (const auto& [name, tree] : nodes) tree.attach(root, fmt::format("dev/{}", name).c_str());
  sys::new_filesystem("tmpfs", {{"mode", "0555"}, {"size", "4k"}}, MOUNT_ATTR_RDONLY)
      .attach(root, "empty");
  sys::detach(".");
  if (::chdir("/") < 0) throw Error::from_errno(errno, "enter the launcher's root");
}

}  // namespace cairn::sandbox
