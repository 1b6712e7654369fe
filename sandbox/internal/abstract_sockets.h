// SPDX-License-Identifier: Apache-2.0
//
// Abstract sockets belong to a network namespace and not to a filesystem. A step on the host's
// network could reach those of the host, as happened to containerd's shims (CVE-2020-15257).
// Landlock's scope closes them (Linux 6.12, ABI 6; landlock(7)).
#pragma once

namespace cairn::sandbox {

// Whether this kernel has the scope and Landlock is enabled.
bool can_close_abstract_sockets();

// Limits the calling thread and its children to abstract sockets they made themselves. Call it
// while CAP_SYS_ADMIN is held in the own user namespace; then Landlock does not need no_new_privs.
// Does nothing on a kernel that cannot: the user was told (Networks::note()).
void close_abstract_sockets();

}  // namespace cairn::sandbox
