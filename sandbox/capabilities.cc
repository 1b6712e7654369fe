// SPDX-License-Identifier: Apache-2.0
//
// libcap by its calls for each capability, so that sets are plain words of bits here. The order
// when taking capabilities: ambient ones are cleared first, permitted and inheritable ones set
// next, and ambient ones raised last, since the kernel requires both sets for that
// (capabilities(7)).
#include "sandbox/capabilities.h"

#include <sys/capability.h>
#include <sys/prctl.h>

#include <cerrno>
#include <memory>
#include <type_traits>

#include "base/error.h"

namespace cairn::sandbox {
namespace {

struct FreeCap {
  void operator()(cap_t caps) const { ::cap_free(caps); }
};
using CapHandle = std::unique_ptr<std::remove_pointer_t<cap_t>, FreeCap>;

}  // namespace

CapabilitySet default_capabilities() {
  return {CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,           CAP_FOWNER,     CAP_MKNOD,
          CAP_NET_RAW, CAP_SETGID,       CAP_SETUID,           CAP_SETFCAP,    CAP_SETPCAP,
          CAP_KILL,    CAP_SYS_CHROOT,   CAP_NET_BIND_SERVICE, CAP_AUDIT_WRITE};
}

// Less than what root has: some containers drop a few that no build needs.
CapabilitySet real_root_capabilities() {
  return {CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER,  CAP_FSETID, CAP_KILL,       CAP_SETUID,
          CAP_SETGID, CAP_SETPCAP,      CAP_SETFCAP, CAP_MKNOD,  CAP_SYS_CHROOT, CAP_SYS_ADMIN};
}

CapabilitySet map_writing_capabilities() {
  return {CAP_SETUID, CAP_SETGID, CAP_SETFCAP};
}

CapabilitySet effective_capabilities() {
  CapHandle caps(::cap_get_proc());
  if (!caps) throw Error::from_errno(errno, "read our own capabilities");
  std::uint64_t bits = 0;
  for (int capability = 0; capability < ::cap_max_bits(); ++capability) {
    cap_flag_value_t value = CAP_CLEAR;
    ::cap_get_flag(caps.get(), capability, CAP_EFFECTIVE, &value);
    if (value == CAP_SET) bits |= std::uint64_t{1} << capability;
  }
  return CapabilitySet(bits);
}

void limit_bounding_set(CapabilitySet keep) {
  for (int capability = 0; capability < ::cap_max_bits(); ++capability) {
    if (keep.has(capability)) continue;
    if (::cap_drop_bound(capability) < 0) {
      throw Error::from_errno(errno, "drop capability {} from the bounding set", capability);
    }
  }
}

void hold_capabilities(CapabilitySet held, Ambient ambient) {
  CapHandle caps(::cap_init());
  for (int capability = 0; caps && capability < ::cap_max_bits(); ++capability) {
    if (!held.has(capability)) continue;
    cap_value_t value = capability;
    ::cap_set_flag(caps.get(), CAP_PERMITTED, 1, &value, CAP_SET);
    ::cap_set_flag(caps.get(), CAP_EFFECTIVE, 1, &value, CAP_SET);
    if (ambient == Ambient::kYes) ::cap_set_flag(caps.get(), CAP_INHERITABLE, 1, &value, CAP_SET);
  }
  // cap_reset_ambient() asks about each capability first; this is a single call.
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
    throw Error::from_errno(errno, "clear the ambient capabilities");
  if (!caps || ::cap_set_proc(caps.get()) < 0) {
    throw Error::from_errno(errno, "set the capabilities of the step");
  }
  if (ambient == Ambient::kNo) return;
  for (int capability = 0; capability < ::cap_max_bits(); ++capability) {
    if (held.has(capability) && ::cap_set_ambient(capability, CAP_SET) < 0) {
      throw Error::from_errno(errno, "make capability {} ambient", capability);
    }
  }
}

}  // namespace cairn::sandbox
