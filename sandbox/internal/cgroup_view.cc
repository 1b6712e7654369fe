// SPDX-License-Identifier: Apache-2.0
//
// New mounts of the hierarchies show the namespace's group as their root; a bind of the host's
// would not. Version 1 has one hierarchy for each line of /proc/self/cgroup. All are made before
// any is attached, so a refusal leaves nothing mounted.
#include "sandbox/internal/cgroup_view.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/sys/mount.h"
#include "base/text.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;
using sys::MountTree;

constexpr unsigned kAttributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

bool is_version_2(const Fd& dir) {
  struct statfs where;
  return ::fstatfs(dir.get(), &where) == 0 && where.f_type == CGROUP2_SUPER_MAGIC;
}

// A line of /proc/self/cgroup is "number:controllers:path". For a named hierarchy without
// controllers the second field is "name=systemd"; for version 2 it is empty (cgroups(7)).
std::string controllers_of(const std::string& line) {
  std::size_t first = line.find(':');
  return line.substr(first + 1, line.find(':', first + 1) - first - 1);
}

// A version 1 hierarchy is mounted by the names of its controllers, in a directory of that name.
std::string hierarchy_directory(const std::string& controllers) {
  if (controllers.empty()) return "unified";
  return controllers.starts_with("name=") ? controllers.substr(5) : controllers;
}

MountTree make_hierarchy(const std::string& controllers) {
  if (controllers.empty()) return sys::new_filesystem("cgroup2", {}, kAttributes);
  sys::MountOptions options;
  if (controllers.starts_with("name=")) {
    options = {{"none", ""}, {"name", controllers.substr(5)}};
  } else {
    for (const std::string& name : split(controllers, ',')) options.emplace_back(name, "");
  }
  return sys::new_filesystem("cgroup", options, kAttributes);
}

// Other names of a hierarchy, e.g. "cpu" for "cpu,cpuacct".
void copy_links(const Fd& host, const Fd& view) {
  for (const sys::DirEntry& entry : sys::list_dir(sys::reopen(host, O_RDONLY | O_DIRECTORY))) {
    if (entry.type != DT_LNK) continue;
    const char* name = entry.name.c_str();
    sys::symlink_at(sys::read_link_at(host, name), view, name);
  }
}

void mount_version_1(const Fd& host, const Fd& target) {
  std::vector<std::pair<std::string, MountTree>> hierarchies;
  for (const std::string& line : split(trim(sys::read_file("/proc/self/cgroup")), '\n')) {
    std::string controllers = controllers_of(line);
    std::string name = hierarchy_directory(controllers);
    if (!sys::find_stat_at(host, name.c_str())) continue;  // the host does not show it
    hierarchies.emplace_back(std::move(name), make_hierarchy(controllers));
  }
  MountTree view = sys::new_filesystem("tmpfs", {{"mode", "0755"}, {"size", "64k"}}, kAttributes);
  for (const auto& [name, tree] : hierarchies) sys::make_dir_at(view.fd(), name.c_str(), 0755);
  copy_links(host, view.fd());
  view.attach(target, "");
  // Only now: the kernel cannot attach anything to a mount that is not attached itself.
  for (const auto& [name, tree] : hierarchies) tree.attach(view.fd(), name.c_str());
}

}  // namespace

void enter_cgroup_namespace() {
  if (::unshare(CLONE_NEWCGROUP) < 0) throw Error::from_errno(errno, "make a cgroup namespace");
}

void mount_cgroup_view(const Fd& host, const Fd& target) {
  if (!is_version_2(host)) return mount_version_1(host, target);
  sys::new_filesystem("cgroup2", {}, kAttributes).attach(target, "");
}

}  // namespace cairn::sandbox
