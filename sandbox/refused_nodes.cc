// SPDX-License-Identifier: Apache-2.0
//
// The response is always "continue", so the kernel decides as it would without us, and what we read
// is only for a message. The numbers are arguments of the call itself. No memory of the step is
// read, which it could change meanwhile (seccomp_unotify(2)).
#include "sandbox/refused_nodes.h"

#include <fmt/format.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

namespace cairn::sandbox {
namespace {

// The index of `mode` in mknod(path, mode, device); mknodat(2) has a directory before them.
// libseccomp's architecture tokens are those of the kernel.
std::size_t index_of_mode(const seccomp_data& call) {
  return call.nr == ::seccomp_syscall_resolve_name_arch(call.arch, "mknod") ? 1 : 2;
}

void add(RefusedNodes& nodes, const seccomp_data& call) {
  if (nodes.count++ != 0) return;
  std::size_t index = index_of_mode(call);
  auto device = static_cast<unsigned>(call.args[index + 1]);
  nodes.is_block = S_ISBLK(static_cast<mode_t>(call.args[index]));
  nodes.major_number = gnu_dev_major(device);
  nodes.minor_number = gnu_dev_minor(device);
}

}  // namespace

std::string text(const RefusedNodes& nodes) {
  std::string others;
  if (nodes.count > 1) others = fmt::format(" (and of {} more)", nodes.count - 1);
  return fmt::format(
      "mknod of the {} device {}:{}{} is not permitted: a step runs in a user namespace, where the "
      "kernel lets nobody make devices",
      nodes.is_block ? "block" : "character", nodes.major_number, nodes.minor_number, others);
}

void note_node(const sys::Fd& listener, RefusedNodes& nodes) {
  seccomp_notif call{};
  // ENOENT: the caller was killed meanwhile.
  if (::ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) return;
  add(nodes, call.data);
  seccomp_notif_resp answer{};
  answer.id = call.id;
  answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  ::ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

}  // namespace cairn::sandbox
