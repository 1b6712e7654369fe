// SPDX-License-Identifier: Apache-2.0
#include "sandbox/rungs.h"

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "sandbox/internal/locks.h"

namespace cairn::sandbox {
namespace {

bool works(Identity identity, const Probe& probe) {
  switch (identity) {
    case Identity::kI0: return is_real_root(probe.facts);
    case Identity::kI1: return probe.yes(Question::kHelperMap);
    case Identity::kI2: return probe.yes(Question::kNewidmap);
    case Identity::kI3: return probe.yes(Question::kSingleMap);
    default: return false;
  }
}

// The best rung of the isolation axis by the answers, whether or not cairn has it.
Isolation best_isolation(const Probe& probe) {
  if (!probe.yes(Question::kStepNamespaces)) {
    return probe.yes(Question::kChroot) ? Isolation::kS3 : Isolation::kS4;
  }
  if (!probe.yes(Question::kPivotRoot)) return Isolation::kS1;
  return probe.yes(Question::kFreshProc) ? Isolation::kS0 : Isolation::kS2;
}

Question deciding(Isolation isolation) {
  switch (isolation) {
    case Isolation::kS1: return Question::kPivotRoot;
    case Isolation::kS2: return Question::kFreshProc;
    default: return Question::kStepNamespaces;
  }
}

Snapshot best_snapshot(const Probe& probe) {
  const Answer* overlay = probe.find(Question::kOverlay);
  if (overlay == nullptr || overlay->code == 0) return Snapshot::kN0;
  // EINVAL is about this place for the upper; anything else is about overlay itself.
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

Identity choose_identity(const Probe& probe, const Wishes& wishes) {
  if (wishes.identity) {
    if (works(*wishes.identity, probe)) return *wishes.identity;
    throw shut_identity(
        probe, fmt::format("identity {} was asked for and cannot be had", name(*wishes.identity)));
  }
  for (Identity identity : {Identity::kI0, Identity::kI1, Identity::kI2, Identity::kI3}) {
    if (works(identity, probe)) return identity;
  }
  Identity next = probe.facts.uid == 0 ? Identity::kI4 : Identity::kI5;
  throw shut_identity(
      probe, fmt::format("this host needs identity {}, which is not available yet", name(next)));
}

Rungs choose(const Probe& probe, const Wishes& wishes) {
  Rungs rungs;
  rungs.identity = choose_identity(probe, wishes);
  rungs.isolation = best_isolation(probe);
  if (rungs.isolation != Isolation::kS0 ||
      wishes.isolation.value_or(Isolation::kS0) != Isolation::kS0) {
    Isolation wanted = wishes.isolation.value_or(rungs.isolation);
    throw shut_isolation(probe, deciding(rungs.isolation),
                         fmt::format("isolation {} is not available yet", name(wanted)));
  }
  rungs.snapshot = best_snapshot(probe);
  if (rungs.snapshot != Snapshot::kN0) {
    throw shut_snapshot(probe, fmt::format("this host needs snapshots of kind {}, which are not "
                                           "available yet",
                                           name(rungs.snapshot)));
  }
  return rungs;
}

}  // namespace cairn::sandbox
