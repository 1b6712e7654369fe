// SPDX-License-Identifier: Apache-2.0
//
// The three axes on which hosts differ, and the choice of a rung on each. Who owns files
// (identity), what confines a step (isolation) and what makes a layer (snapshot) are independent.
// Each takes the best rung whose probe succeeded, and nothing degrades silently.
//
// The choice is a pure function of the probe, so hosts that we cannot run are tested with recorded
// answers. If cairn cannot use a host's best rung yet, the Error (kHost) says what blocks the rungs
// above and how to open it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/probe.h"

namespace cairn::sandbox {

enum class Identity {
  kI0,  // real root of the initial user namespace: ids as they are
  kI1,  // a user namespace with an identity map of all ids we own, written by our own helper
  kI2,  // a user namespace mapped by newuidmap and newgidmap
  kI3,  // a user namespace with one id; ownership of all others is not recorded yet
  kI4,  // container root without a user namespace
  kI5,  // neither root nor a user namespace
};
enum class Isolation {
  kS0,   // user, mount, pid, ipc, uts namespaces, pivot_root, a fresh /proc
  kS0r,  // the same without the user namespace
  kS1,   // pivot_root forbidden
  kS2,   // /proc masked
  kS3,   // chroot and Landlock
  kS4,   // nothing: steps cannot run
};
enum class Snapshot {
  kN0,  // native overlay with its upper in the store
  kN1,  // overlay, upper on another writable mount
  kN2,  // overlay, upper on a private tmpfs
  kN3,  // fuse-overlayfs
  kN4,  // reflink copies
  kN5,  // hard links or plain copies
};

struct Rungs {
  Identity identity = Identity::kI0;
  Isolation isolation = Isolation::kS0;
  Snapshot snapshot = Snapshot::kN0;

  bool operator==(const Rungs&) const = default;
};

std::string_view name(Identity identity);
std::string_view name(Isolation isolation);
std::string_view name(Snapshot snapshot);
std::string text(const Rungs& rungs);  // "I2 S0 N0", as the build header prints it

// What the user pinned (--isolation and the like). A pinned rung is used or refused, never
// replaced.
struct RungRequest {
  std::optional<Identity> identity = {};
  std::optional<Isolation> isolation = {};
  // The directory that will hold snapshots. "" leaves the snapshot axis unprobed; N0 is then
  // chosen.
  std::string store = {};
};

// Throws kHost if cairn cannot use the best rung of an axis yet, or if a pinned one failed.
Rungs choose(const Probe& probe, const RungRequest& request);
Identity choose_identity(const Probe& probe, const RungRequest& request);

// Whether we are root of the initial user namespace with the capabilities a build needs.
bool is_real_root(const HostFacts& facts);

}  // namespace cairn::sandbox
