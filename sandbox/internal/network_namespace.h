// SPDX-License-Identifier: Apache-2.0
//
// Network namespaces for steps: making one, entering one to start a step, and checking what a step
// has left.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sys/fd.h"

namespace cairn::sandbox {

// A network namespace, which stays alive without a process in it.
struct NetworkNamespace {
  sys::Fd ns;                     // for setns(2)
  std::vector<sys::Fd> counters;  // its /proc/net/sockstat and the like, read again each time
};

// Made by a child, so the caller stays in its own network. lo is up, and what would need root of
// the namespace is allowed to all: a step's user namespace is below the owner's, so no step has
// rights over it. Throws kHost.
//
//   net.ipv4.ip_unprivileged_port_start = 0: servers may use port 80, as in docker
//   net.ipv4.ping_group_range = all groups up to `last_gid`, as in docker
//   net.ipv6.conf.default.disable_ipv6 = 1: IPv6 on lo only, as on docker's default bridge
NetworkNamespace make_network_namespace(std::uint32_t last_gid);

// Brings up lo in the calling process's network namespace.
void raise_loopback();

// Counts a namespace's sockets from the text of its sockstat, sockstat6 or unix file: IP sockets
// that are bound or connected, TCP connections that outlive their process (TIME_WAIT and the like),
// and unix(7) sockets. The sum of all `sockets:` is useless, because it goes down with a delay.
std::uint64_t count_sockets(std::string_view text);
std::uint64_t count_sockets(const NetworkNamespace& network);

// Calls `work` in a network namespace and returns its result: a pid, or a negative errno.
//
// A process that enters a namespace cannot come back without rights over the one it came from,
// which is the host's. So a child enters it and shares the caller's memory, as after vfork(2),
// while the caller waits. What the child clones with CLONE_PARENT becomes a child of the caller.
// The visitor has descriptors of its own and leaves none behind. Not thread-safe.
int call_in_network(const sys::Fd& ns, const std::function<int()>& work);

// Mounts the sysfs of the calling process's network, which a step has no right to do: a detached
// mount, or -1 if the kernel refuses because a container around us has covered parts of /sys.
int mount_sysfs();

}  // namespace cairn::sandbox
