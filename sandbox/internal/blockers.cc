// SPDX-License-Identifier: Apache-2.0
//
// One function for each call that can fail: it looks at errno first, then at the facts, the most
// telling one first. The texts name a setting and a command, because most readers meet them on a
// machine that others administer.
#include "sandbox/internal/blockers.h"

#include <linux/capability.h>

#include <cerrno>
#include <cstring>

namespace cairn::sandbox {
namespace {

// Why a call failed, and what fixes it.
struct Lock {
  std::string cause;
  std::string fix;
};

std::string apparmor_profile(const std::string& executable) {
  return fmt::format(
      "allow this program alone: put\n"
      "  abi <abi/4.0>,\n"
      "  profile cairn {} flags=(unconfined) {{ userns, }}\n"
      "into /etc/apparmor.d/cairn and run: apparmor_parser -r /etc/apparmor.d/cairn",
      executable);
}

Lock apparmor_lock(const HostFacts& facts) {
  return {
      "AppArmor restricts user namespaces of unprivileged programs "
      "(kernel.apparmor_restrict_unprivileged_userns=1)",
      apparmor_profile(facts.executable)};
}

Lock seccomp_lock() {
  return {"a seccomp filter around this container forbids it",
          "start the container with --security-opt seccomp=unconfined (Kubernetes: seccompProfile "
          "Unconfined), or --privileged"};
}

Lock user_namespace_lock(const HostFacts& facts, int code) {
  if (code == ENOSPC || code == EUSERS) {
    return {facts.max_user_namespaces == 0
                ? std::string("user namespaces are switched off (user.max_user_namespaces=0)")
                : std::string("user namespaces are used up, or nested 32 deep"),
            "as root: sysctl user.max_user_namespaces=15000"};
  }
  if (code == EINVAL || code == ENOSYS) {
    return {"this kernel has no user namespaces", "a kernel with CONFIG_USER_NS=y"};
  }
  // EPERM. A seccomp filter is asked before AppArmor, so it is the likelier cause.
  if (facts.seccomp_filtered) return seccomp_lock();
  if (facts.apparmor_restricts_userns) return apparmor_lock(facts);
  return {"the kernel denies user namespaces to this user, or cairn runs in a chroot",
          "as root: sysctl kernel.unprivileged_userns_clone=1, where that setting exists"};
}

Lock map_lock(const HostFacts& facts) {
  if (facts.apparmor_restricts_userns) return apparmor_lock(facts);
  if (facts.uid == 0 && !facts.capabilities.has(CAP_SETFCAP)) {
    return {"uid 0 may be mapped only by a process with CAP_SETFCAP, which this container lacks",
            "run cairn as another user than root, or add CAP_SETFCAP"};
  }
  return {"the kernel refused to map any id", how_to_get_ids(facts)};
}

// newuidmap is setuid root or has file capabilities; no_new_privs takes both away.
Lock newidmap_lock(const Probe& probe) {
  const HostFacts& facts = probe.facts;
  if (facts.no_new_privs) {
    return {"no_new_privs is set, so newuidmap runs without its rights",
            "start cairn without it (Kubernetes: allowPrivilegeEscalation: true)"};
  }
  const ProbeResult* answer = probe.find(ProbeItem::kNewidmap);
  std::string said = answer != nullptr ? ": " + answer->detail : "";
  return {"newuidmap could not map the subordinate ids" + said, how_to_get_ids(facts)};
}

// One sentence: the rung, the call with its errno, the cause; the fix is the hint.
Error shut(const std::string& what, std::string_view call, int code, const Lock& lock) {
  std::string reason = code != 0 ? fmt::format("{}: {}; ", call, ::strerror(code)) : "";
  return Error::of(ErrorKind::kHost, "{} ({}{})", what, reason, lock.cause).with_hint(lock.fix);
}

Lock overlay_lock(int code) {
  switch (code) {
    case EINVAL:
      return {
          "the filesystem of the store cannot hold the upper side of an overlay, as overlay "
          "itself, NFS and virtiofs cannot",
          "put the store on a volume of ext4, xfs, btrfs or tmpfs: --root DIR or CAIRN_ROOT"};
    case ENODEV: return {"this kernel has no overlayfs", "as root: modprobe overlay"};
    case EIO: return {"overlay mounts but cannot replace directories", "Linux 5.11 or newer"};
    default:
      return {
          "overlay mounts in a user namespace need Linux 5.11 or newer, and SELinux may deny them",
          "a newer kernel, or in a container: --security-opt label=disable"};
  }
}

}  // namespace

Error unavailable_identity(const Probe& probe, const std::string& what) {
  const ProbeResult* unshared = probe.find(ProbeItem::kUserNamespace);
  if (unshared == nullptr) {
    return shut(what, "", 0, {"not real root of this host", "run cairn as root"});
  }
  if (unshared->code != 0) {
    return shut(what, name(ProbeItem::kUserNamespace), unshared->code,
                user_namespace_lock(probe.facts, unshared->code));
  }
  for (ProbeItem question : {ProbeItem::kSingleMap, ProbeItem::kHelperMap}) {
    const ProbeResult* answer = probe.find(question);
    if (answer == nullptr || answer->code == 0) continue;
    return shut(what, name(question), answer->code, map_lock(probe.facts));
  }
  const ProbeResult* newidmap = probe.find(ProbeItem::kNewidmap);
  return shut(what, name(ProbeItem::kNewidmap), newidmap != nullptr ? newidmap->code : 0,
              newidmap_lock(probe));
}

Error unavailable_isolation(const Probe& probe, ProbeItem deciding, const std::string& what) {
  const ProbeResult* answer = probe.find(deciding);
  int code = answer != nullptr ? answer->code : 0;
  // The host offers S0, so the user pinned something else.
  if (code == 0) return shut(what, "", 0, {"this host offers S0", "leave --isolation out"});
  Lock lock = user_namespace_lock(probe.facts, code);
  if (deciding == ProbeItem::kPivotRoot) {
    lock = {
        "the container around us forbids pivot_root, as docker's filter does even with SYS_ADMIN",
        "start it with --security-opt seccomp=unconfined, or --privileged"};
  } else if (deciding == ProbeItem::kFreshProc) {
    lock = {"parts of /proc are masked by the container around us, so the kernel refuses a new one",
            "start it with --security-opt systempaths=unconfined (podman: unmask=ALL, Kubernetes: "
            "procMount: Unmasked)"};
  }
  return shut(what, name(deciding), code, lock);
}

Error unavailable_snapshot(const Probe& probe, const std::string& what) {
  const ProbeResult* answer = probe.find(ProbeItem::kOverlay);
  int code = answer != nullptr ? answer->code : 0;
  return shut(what, name(ProbeItem::kOverlay), code, overlay_lock(code));
}

std::string how_to_get_ids(const HostFacts& facts) {
  std::string user = facts.user.empty() ? std::to_string(facts.uid) : facts.user;
  std::string fix;
  if (!facts.has_newidmap) fix = "install newuidmap (Debian: apt install uidmap)";
  if (facts.sub_uids.empty() || facts.sub_gids.empty()) {
    if (!fix.empty()) fix += ", and ";
    fix += fmt::format(
        "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {}", user);
  }
  return fix.empty() ? "newuidmap must be setuid root or hold cap_setuid, on a mount without nosuid"
                     : fix;
}

}  // namespace cairn::sandbox
