// SPDX-License-Identifier: Apache-2.0
//
// Landlock through its bare system calls: glibc has no wrappers, and the kernel headers of Debian
// bookworm are older than the scope. A kernel without it reports a lower version, or an error if
// Landlock is off; both mean no.
#include "sandbox/internal/abstract_sockets.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "base/error.h"
#include "base/sys/fd.h"

namespace cairn::sandbox {
namespace {

// struct landlock_ruleset_attr as of ABI 6; older headers end before `scoped`. Since no access
// right is handled, only the scope is restricted: not files, not mounts, not ports.
struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};
constexpr std::uint64_t kScopeAbstractUnixSocket = 1;
constexpr unsigned kAskVersion = 1;  // LANDLOCK_CREATE_RULESET_VERSION
constexpr long kAbiWithScopes = 6;

}  // namespace

bool can_close_abstract_sockets() {
  return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion) >= kAbiWithScopes;
}

void close_abstract_sockets() {
  if (!can_close_abstract_sockets()) return;
  RulesetAttributes attributes{.scoped = kScopeAbstractUnixSocket};
  sys::Fd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!ruleset) throw Error::from_errno(errno, "make a Landlock ruleset");
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) < 0) {
    throw Error::from_errno(errno, "close the host's abstract sockets by Landlock");
  }
}

}  // namespace cairn::sandbox
