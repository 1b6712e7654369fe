// SPDX-License-Identifier: Apache-2.0
//
// Which operations a step is set up with, and in which order.
#include "sandbox/internal/step_setup.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace cairn;
using namespace cairn::sandbox;

namespace {

using enum Operation;

StepSetup setup_of(const SandboxSpec& spec) {
  return plan_setup(plan_isolation({}, spec), spec);
}

std::vector<Operation> operations_of(const SandboxSpec& spec) {
  std::vector<Operation> operations;
  for (const SetupOperation& operation : setup_of(spec)) operations.push_back(operation.operation);
  return operations;
}

bool has(const SandboxSpec& spec, Operation operation) {
  std::vector<Operation> all = operations_of(spec);
  return std::find(all.begin(), all.end(), operation) != all.end();
}

// Of operations that are in the list.
bool comes_before(const SandboxSpec& spec, Operation first, Operation second) {
  std::vector<Operation> all = operations_of(spec);
  auto at = std::find(all.begin(), all.end(), first);
  return at != all.end() && std::find(at, all.end(), second) != all.end();
}

SandboxSpec with(NetworkMode network) {
  SandboxSpec spec;
  spec.network = network;
  return spec;
}

}  // namespace

TEST_CASE("a plain step is set up in the order that the kernel needs") {
  CHECK(operations_of({}) ==
        std::vector<Operation>{
            kAttachRoot,       kMountProc,         kMaskProc,    kMountSys,    kMaskSys,
            kMountDev,         kMountPts,          kMountShm,    kMountMqueue, kLinkDev,
            kOpenNullStreams,  kOpenCwd,           kFindUser,    kEnterRoot,   kEnterCwd,
            kHostname,         kTakeStreams,       kStreamOwner, kSession,     kResetProcess,
            kCloseDescriptors, kLimitCapabilities, kFilter,      kBecomeUser,  kHoldCapabilities});
}

TEST_CASE("an insecure step is masked nowhere, has no filter and keeps its capabilities") {
  SandboxSpec spec;
  spec.insecure = true;
  for (Operation operation : {kMaskProc, kMaskSys, kFilter, kLimitCapabilities}) {
    CHECK_FALSE(has(spec, operation));
  }
  CHECK(comes_before(spec, kKeepCapabilities, kBecomeUser));
  CHECK(comes_before(spec, kBecomeUser, kHoldCapabilities));
}

TEST_CASE("mounts of the step come after /dev, in their order, and before its root is entered") {
  SandboxSpec spec;
  spec.mounts = {{.target = "/dev/x"}, {.target = "/y"}};
  StepSetup setup = setup_of(spec);
  auto first = std::find(setup.begin(), setup.end(), SetupOperation{kMountExtra, 0});
  REQUIRE(setup.end() - first > 1);
  CHECK(first[-1].operation == kOpenNullStreams);
  CHECK(first[1] == SetupOperation{kMountExtra, 1});
  CHECK(first[2].operation == kOpenCwd);
}

TEST_CASE("a root becomes read-only after its working directory and mount points were made") {
  SandboxSpec spec;
  spec.mounts = {{.target = "/y"}};
  spec.read_only_root = true;
  CHECK(comes_before(spec, kMountExtra, kMakeReadOnly));
  CHECK(comes_before(spec, kOpenCwd, kMakeReadOnly));
  CHECK(comes_before(spec, kMakeReadOnly, kEnterRoot));
}

TEST_CASE("the loopback interface is raised in a new network alone") {
  CHECK(has(with(NetworkMode::kNone), kLoopback));
  CHECK(has(with(NetworkMode::kOwn), kLoopback));
  CHECK_FALSE(has(with(NetworkMode::kSlot), kLoopback));
  CHECK_FALSE(has(with(NetworkMode::kHostClosed), kLoopback));
}

TEST_CASE("abstract sockets are closed while the step may still do so") {
  CHECK(comes_before(with(NetworkMode::kHostClosed), kAbstractSockets, kLimitCapabilities));
  CHECK_FALSE(has(with(NetworkMode::kHost), kAbstractSockets));
}

TEST_CASE("a terminal is taken by a session that is there") {
  SandboxSpec spec;
  spec.tty = true;
  CHECK(comes_before(spec, kSession, kTerminal));
}

TEST_CASE("each limit is an operation, before the rights to raise it are gone") {
  SandboxSpec spec;
  spec.rlimits = {{.resource = 7, .soft = 1, .hard = 2}, {.resource = 3, .soft = 1, .hard = 2}};
  StepSetup setup = setup_of(spec);
  CHECK(std::count_if(setup.begin(), setup.end(), [](const SetupOperation& operation) {
          return operation.operation == kRlimit;
        }) == 2);
  CHECK(comes_before(spec, kRlimit, kBecomeUser));
}

TEST_CASE("the filter is installed before the ids that may do so are given up") {
  CHECK(comes_before({}, kFilter, kBecomeUser));
  CHECK(comes_before({}, kLimitCapabilities, kBecomeUser));
}

TEST_CASE("a plan that no operation can carry out is refused") {
  for (IsolationPlan plan :
       {IsolationPlan{.root_entry = RootEntry::kChroot},
        IsolationPlan{.root_entry = RootEntry::kMoveMount},
        IsolationPlan{.proc = ProcMount::kBound}, IsolationPlan{.proc = ProcMount::kNone},
        IsolationPlan{.devices = DeviceNodes::kBound},
        IsolationPlan{.devices = DeviceNodes::kNone}}) {
    CHECK_THROWS_AS(plan_setup(plan, {}), Error);
  }
  CHECK_THROWS_WITH(plan_setup({.root_entry = RootEntry::kChroot}, {}),
                    "a step can enter its root by pivot_root alone");
}

TEST_CASE("every operation has its rule") {
  for (int i = 0; i <= static_cast<int>(kCgroupNamespace); ++i) {
    const OperationRule& rule = rule_of(static_cast<Operation>(i));
    CAPTURE(i);
    CHECK(static_cast<int>(rule.operation) == i);
    CHECK_FALSE(rule.doing.empty());
    CHECK((rule.need == Need::kTried) == !rule.without.empty());
  }
}
