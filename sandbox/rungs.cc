// SPDX-License-Identifier: Apache-2.0
//
// For each axis, the best rung is found from the answers, and only then compared with what cairn
// can use. So a host that needs an unsupported rung gets an error about what blocks the better
// ones. Identity is also chosen alone, since the builder needs it before steps can be probed.
#include "sandbox/rungs.h"

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "sandbox/internal/blockers.h"

namespace cairn::sandbox {
namespace {

bool works(Identity identity, const Probe& probe) {
  switch (identity) {
    case Identity::kI0: return is_real_root(probe.facts);
    case Identity::kI1: return probe.yes(ProbeItem::kHelperMap);
    case Identity::kI2: return probe.yes(ProbeItem::kNewidmap);
    case Identity::kI3: return probe.yes(ProbeItem::kSingleMap);
    default: return false;
  }
}

// The best rung of the isolation axis by the answers, whether or not cairn can use it.
Isolation best_isolation(const Probe& probe) {
  if (!probe.yes(ProbeItem::kStepNamespaces)) {
    return probe.yes(ProbeItem::kChroot) ? Isolation::kS3 : Isolation::kS4;
  }
  if (!probe.yes(ProbeItem::kPivotRoot)) return Isolation::kS1;
  return probe.yes(ProbeItem::kFreshProc) ? Isolation::kS0 : Isolation::kS2;
}

// The answer that kept the host from S0: the error explains this one.
ProbeItem deciding(Isolation isolation) {
  switch (isolation) {
    case Isolation::kS1: return ProbeItem::kPivotRoot;
    case Isolation::kS2: return ProbeItem::kFreshProc;
    default: return ProbeItem::kStepNamespaces;
  }
}

Snapshot best_snapshot(const Probe& probe) {
  const ProbeResult* overlay = probe.find(ProbeItem::kOverlay);
  if (overlay == nullptr || overlay->code == 0) return Snapshot::kN0;
  // EINVAL means that this place cannot hold the upper; anything else is about overlay itself.
  return overlay->code == EINVAL ? Snapshot::kN1 : Snapshot::kN4;
}

}  // namespace

std::string_view name(Identity identity) {
  static constexpr std::array<std::string_view, 6> kNames{"I0", "I1", "I2", "I3", "I4", "I5"};
  return kNames.at(static_cast<std::size_t>(identity));
}

std::string_view name(Isolation isolation) {
  static constexpr std::array<std::string_view, 6> kNames{"S0", "S0r", "S1", "S2", "S3", "S4"};
  return kNames.at(static_cast<std::size_t>(isolation));
}

std::string_view name(Snapshot snapshot) {
  static constexpr std::array<std::string_view, 6> kNames{"N0", "N1", "N2", "N3", "N4", "N5"};
  return kNames.at(static_cast<std::size_t>(snapshot));
}

std::string text(const Rungs& rungs) {
  return fmt::format("{} {} {}", name(rungs.identity), name(rungs.isolation), name(rungs.snapshot));
}

bool is_real_root(const HostFacts& facts) {
  return facts.initial_user_namespace && facts.uid == 0 &&
         facts.capabilities.has_all(real_root_capabilities());
}

Identity choose_identity(const Probe& probe, const RungRequest& request) {
  if (request.identity) {
    if (works(*request.identity, probe)) return *request.identity;
    throw unavailable_identity(
        probe, fmt::format("identity {} was asked for and cannot be had", name(*request.identity)));
  }
  for (Identity identity : {Identity::kI0, Identity::kI1, Identity::kI2, Identity::kI3}) {
    if (works(identity, probe)) return identity;
  }
  Identity next = probe.facts.uid == 0 ? Identity::kI4 : Identity::kI5;
  throw unavailable_identity(
      probe, fmt::format("this host needs identity {}, which is not available yet", name(next)));
}

Rungs choose(const Probe& probe, const RungRequest& request) {
  Rungs rungs;
  rungs.identity = choose_identity(probe, request);
  rungs.isolation = best_isolation(probe);
  if (rungs.isolation != Isolation::kS0 ||
      request.isolation.value_or(Isolation::kS0) != Isolation::kS0) {
    Isolation wanted = request.isolation.value_or(rungs.isolation);
    throw unavailable_isolation(probe, deciding(rungs.isolation),
                                fmt::format("isolation {} is not available yet", name(wanted)));
  }
  rungs.snapshot = best_snapshot(probe);
  if (rungs.snapshot != Snapshot::kN0) {
    throw unavailable_snapshot(probe,
                               fmt::format("this host needs snapshots of kind {}, which are not "
                                           "available yet",
                                           name(rungs.snapshot)));
  }
  return rungs;
}

}  // namespace cairn::sandbox
