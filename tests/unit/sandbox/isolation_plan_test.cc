// SPDX-License-Identifier: Apache-2.0
//
// What each rung and each kind of step comes to: pure values, no privileges.
#include "sandbox/isolation_plan.h"

#include <doctest/doctest.h>
#include <sched.h>

#include "base/error.h"

using namespace cairn;
using namespace cairn::sandbox;

namespace {

constexpr int kAlways = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
constexpr Identity kIdentities[] = {Identity::kI0, Identity::kI1, Identity::kI2, Identity::kI3};

SandboxSpec step_on(NetworkMode network) {
  SandboxSpec spec;
  spec.network = network;
  return spec;
}

}  // namespace

TEST_CASE("a step is isolated in one way on every identity rung, real root too") {
  for (Identity identity : kIdentities) {
    CAPTURE(name(identity));
    CHECK(plan_isolation({.identity = identity}, {}) ==
          IsolationPlan{.namespaces = kAlways,
                        .root_entry = RootEntry::kPivotRoot,
                        .proc = ProcMount::kFresh,
                        .devices = DeviceNodes::kCloned,
                        .network = NetworkEntry::kShared,
                        .landlock = false,
                        .filter = SyscallFilter::kNotifying});
  }
}

TEST_CASE("the network mode of a step decides its network namespace and Landlock") {
  struct Row {
    NetworkMode mode;
    NetworkEntry network;
    bool is_new;
    bool landlock;
  };
  for (const Row& row : {Row{NetworkMode::kHost, NetworkEntry::kShared, false, false},
                         Row{NetworkMode::kHostClosed, NetworkEntry::kShared, false, true},
                         Row{NetworkMode::kNone, NetworkEntry::kNew, true, false},
                         Row{NetworkMode::kOwn, NetworkEntry::kNew, true, false},
                         Row{NetworkMode::kSlot, NetworkEntry::kEntered, false, false}}) {
    CAPTURE(static_cast<int>(row.mode));
    IsolationPlan plan = plan_isolation({}, step_on(row.mode));
    CHECK(plan.network == row.network);
    CHECK(plan.namespaces == (kAlways | (row.is_new ? CLONE_NEWNET : 0)));
    CHECK(plan.landlock == row.landlock);
  }
}

TEST_CASE("an insecure step has no filter, and every namespace all the same") {
  SandboxSpec spec;
  spec.insecure = true;
  IsolationPlan plan = plan_isolation({}, spec);
  CHECK(plan.filter == SyscallFilter::kNone);
  CHECK(plan.namespaces == kAlways);
}

TEST_CASE("the launcher mounts /sys anew as real root, and binds it as anybody else") {
  for (Identity identity : kIdentities) {
    CAPTURE(name(identity));
    LauncherPlan plan = plan_launcher({.identity = identity});
    CHECK(plan.root_entry == RootEntry::kPivotRoot);
    CHECK(plan.sys == (identity == Identity::kI0 ? SysMount::kFresh : SysMount::kBound));
  }
}

TEST_CASE("a rung that cairn cannot use yet has no plan") {
  for (Isolation isolation :
       {Isolation::kS0r, Isolation::kS1, Isolation::kS2, Isolation::kS3, Isolation::kS4}) {
    CAPTURE(name(isolation));
    CHECK_THROWS_AS(plan_isolation({.isolation = isolation}, {}), Error);
    CHECK_THROWS_AS(plan_launcher({.isolation = isolation}), Error);
  }
  CHECK_THROWS_WITH(plan_launcher({.isolation = Isolation::kS3}),
                    "steps of isolation S3 have no plan");
}
