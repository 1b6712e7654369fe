// SPDX-License-Identifier: Apache-2.0
//
// The chooser on recorded answers: hosts that this machine cannot be, by what they answer.
#include "sandbox/rungs.h"
#include "sandbox/internal/blockers.h"

#include <doctest/doctest.h>
#include <linux/capability.h>

#include <cerrno>

#include "base/error.h"

using namespace cairn;
using namespace cairn::sandbox;

namespace {

constexpr std::uint64_t kAllCapabilities = 0x1ffffffffff;

// --- hosts, named as in the matrix of environments that was measured ---

HostFacts root_facts(CapabilitySet capabilities) {
  HostFacts facts;
  facts.user = "root";
  facts.capabilities = capabilities;
  facts.executable = "/usr/bin/cairn";
  facts.uid_map = facts.gid_map = {{0, 0, 4294967295}};
  return facts;
}

HostFacts user_facts() {
  HostFacts facts = root_facts({});
  facts.uid = facts.gid = 1000;
  facts.user = "alice";
  return facts;
}

void steps_work(Probe& probe) {
  probe.add(ProbeItem::kStepNamespaces, 0);
  probe.add(ProbeItem::kFreshProc, 0);
  probe.add(ProbeItem::kPivotRoot, 0);
  probe.add(ProbeItem::kOverlay, 0);
}

Probe real_root() {
  Probe probe{.facts = root_facts(CapabilitySet(kAllCapabilities)), .answers = {}};
  steps_work(probe);
  return probe;
}

// A laptop with subordinate ids; `newidmap` is what the two programs answered.
Probe laptop(int newidmap, int single) {
  Probe probe{.facts = user_facts(), .answers = {}};
  probe.facts.has_newidmap = true;
  probe.facts.sub_uids = probe.facts.sub_gids = {{100000, 65536}};
  probe.add(ProbeItem::kUserNamespace, 0);
  probe.add(ProbeItem::kNewidmap, newidmap, newidmap != 0 ? "write to uid_map failed" : "");
  if (newidmap != 0) probe.add(ProbeItem::kSingleMap, single);
  steps_work(probe);
  return probe;
}

// A container whose root may write maps (docker with seccomp=unconfined, --privileged).
Probe container_root() {
  Probe probe{.facts = root_facts(CapabilitySet(kAllCapabilities)), .answers = {}};
  probe.facts.initial_user_namespace = false;
  probe.facts.uid_map = probe.facts.gid_map = {{0, 100000, 65536}};
  probe.add(ProbeItem::kUserNamespace, 0);
  probe.add(ProbeItem::kHelperMap, 0);
  steps_work(probe);
  return probe;
}

// Where no user namespace is to be had.
Probe shut(HostFacts facts, int code) {
  Probe probe{.facts = std::move(facts), .answers = {}};
  probe.add(ProbeItem::kUserNamespace, code);
  return probe;
}

void set(Probe& probe, ProbeItem question, int code) {
  for (ProbeResult& answer : probe.answers) {
    if (answer.question == question) answer.code = code;
  }
}

Error refusal(const Probe& probe, const RungRequest& request = {}) {
  try {
    choose(probe, request);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kHost);
    return error;
  }
  FAIL("a host that should have been refused was not");
  return Error(ErrorKind::kBug, "");
}

bool says(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("each good host gets its rungs") {
  CHECK(text(choose(real_root(), {})) == "I0 S0 N0");
  CHECK(text(choose(container_root(), {})) == "I1 S0 N0");
  CHECK(text(choose(laptop(0, 0), {})) == "I2 S0 N0");
  CHECK(text(choose(laptop(EPERM, 0), {})) == "I3 S0 N0");
}

TEST_CASE("root in a container without all capabilities is not real root") {
  Probe probe = shut(root_facts({CAP_CHOWN, CAP_SETUID, CAP_SETGID, CAP_SETFCAP}), EPERM);
  CHECK_FALSE(is_real_root(probe.facts));
  probe.facts.seccomp_filtered = true;  // plain docker run
  Error error = refusal(probe);
  CHECK(error.message() ==
        "this host needs identity I4, which is not available yet (make a user namespace: Operation "
        "not permitted; a seccomp filter around this container forbids it)");
  CHECK(says(error.hint(), "seccomp=unconfined"));
}

TEST_CASE("real root may lack capabilities that a build does not need") {
  Probe probe = real_root();
  probe.facts.capabilities =
      CapabilitySet(kAllCapabilities & ~(std::uint64_t{1} << CAP_SYS_RESOURCE));
  CHECK(choose(probe, {}).identity == Identity::kI0);
}

TEST_CASE("a user in a filtered container needs a rung that is not there yet") {
  Probe probe = shut(user_facts(), EPERM);
  probe.facts.seccomp_filtered = true;
  CHECK(says(refusal(probe).message(), "needs identity I5"));
}

TEST_CASE("user namespaces switched off are named with the setting") {
  Probe probe = shut(user_facts(), ENOSPC);
  probe.facts.max_user_namespaces = 0;
  Error error = refusal(probe);
  CHECK(says(error.message(), "user.max_user_namespaces=0"));
  CHECK(error.hint() == "as root: sysctl user.max_user_namespaces=15000");
}

TEST_CASE("a kernel without user namespaces says so") {
  CHECK(says(refusal(shut(user_facts(), EINVAL)).message(), "no user namespaces"));
}

TEST_CASE("under AppArmor the namespace is made, and only the map fails: its profile is printed") {
  Probe probe = laptop(EPERM, EPERM);
  probe.facts.apparmor_restricts_userns = true;
  Error error = refusal(probe);
  CHECK(says(error.message(), "apparmor_restrict_unprivileged_userns=1"));
  CHECK(says(error.hint(), "profile cairn /usr/bin/cairn flags=(unconfined) { userns, }"));
}

TEST_CASE("container root without CAP_SETFCAP cannot map uid 0") {
  Probe probe = container_root();
  probe.facts.capabilities = {};
  set(probe, ProbeItem::kHelperMap, EPERM);
  Error error = refusal(probe);
  CHECK(says(error.message(), "CAP_SETFCAP"));
  CHECK(says(error.hint(), "another user than root"));
}

TEST_CASE("no_new_privs is told from a missing setuid bit") {
  Probe probe = laptop(EPERM, 0);
  probe.facts.no_new_privs = true;
  CHECK(says(refusal(probe, {.identity = Identity::kI2}).message(), "no_new_privs is set"));
  probe.facts.no_new_privs = false;
  Error error = refusal(probe, {.identity = Identity::kI2});
  CHECK(says(error.message(), "write to uid_map failed"));
  CHECK(says(error.hint(), "setuid root"));
}

TEST_CASE("the way to more ids is one command") {
  HostFacts facts = user_facts();
  CHECK(how_to_get_ids(facts) ==
        "install newuidmap (Debian: apt install uidmap), and as root: usermod --add-subuids "
        "100000-165535 --add-subgids 100000-165535 alice");
  facts.has_newidmap = true;
  CHECK(how_to_get_ids(facts).starts_with("as root: usermod"));
}

TEST_CASE("a masked /proc needs S2") {
  Probe probe = container_root();
  set(probe, ProbeItem::kFreshProc, EPERM);
  Error error = refusal(probe);
  CHECK(says(error.message(), "isolation S2 is not available yet (mount a new /proc"));
  CHECK(says(error.hint(), "systempaths=unconfined"));
}

TEST_CASE("a filter without pivot_root needs S1") {
  Probe probe = real_root();  // docker --cap-add SYS_ADMIN
  set(probe, ProbeItem::kPivotRoot, EPERM);
  CHECK(says(refusal(probe).message(), "isolation S1 is not available yet (pivot_root"));
}

TEST_CASE("real root with user namespaces switched off cannot run steps yet") {
  Probe probe = real_root();
  probe.facts.max_user_namespaces = 0;
  set(probe, ProbeItem::kStepNamespaces, ENOSPC);
  CHECK(says(refusal(probe).message(), "user.max_user_namespaces=0"));
}

TEST_CASE("a store on overlay, or a kernel that denies overlay, is named") {
  Probe probe = container_root();
  set(probe, ProbeItem::kOverlay, EINVAL);
  CHECK(says(refusal(probe).message(), "needs snapshots of kind N1"));
  CHECK(says(refusal(probe).hint(), "--root DIR"));
  set(probe, ProbeItem::kOverlay, EPERM);
  CHECK(says(refusal(probe).message(), "needs snapshots of kind N4"));
}

TEST_CASE("a pinned rung is used or refused, never replaced") {
  CHECK(choose(real_root(), {.identity = Identity::kI0}).identity == Identity::kI0);
  CHECK(says(refusal(laptop(0, 0), {.identity = Identity::kI0}).message(), "I0 was asked for"));
  CHECK(says(refusal(real_root(), {.isolation = Isolation::kS3}).message(), "S3 is not available"));
}
