// SPDX-License-Identifier: Apache-2.0
//
// What this host allows, found out by trying it. An answer is an errno, never a version or a text:
// each question carries the operation out in a child process that is thrown away.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/capabilities.h"
#include "sandbox/id_map.h"

namespace cairn::sandbox {

enum class ProbeItem {
  kUserNamespace,   // unshare(CLONE_NEWUSER)
  kHelperMap,       // our helper writes an identity map of all our ids
  kNewidmap,        // newuidmap and newgidmap write one of our subordinate ids
  kSingleMap,       // a map of one id
  kStepNamespaces,  // clone with the five namespaces of a step
  kFreshProc,       // mount a new proc in them
  kBoundProc,       // or bind the outer one
  kPivotRoot,
  kChroot,
  kOverlay,  // a full cycle of overlay in the store: mount, copy up, delete, replace
};
std::string_view name(ProbeItem question);

struct ProbeResult {
  ProbeItem question;
  int code = 0;        // errno; 0 means yes
  std::string detail;  // output of a helper program, or ""

  bool operator==(const ProbeResult&) const = default;
};

// What can be read without trying anything.
struct HostFacts {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string user;        // its name, or ""
  std::string executable;  // our own path, for an AppArmor profile
  CapabilitySet capabilities;
  bool initial_user_namespace = true;
  bool no_new_privs = false;
  bool seccomp_filtered = false;  // by a filter that was there before us
  bool apparmor_restricts_userns = false;
  std::uint64_t max_user_namespaces = UINT64_MAX;
  IdMap uid_map;  // of the namespace we started in
  IdMap gid_map;
  std::vector<SubIds> sub_uids;
  std::vector<SubIds> sub_gids;
  bool has_newidmap = false;  // both programs are in PATH
};

struct Probe {
  HostFacts facts;
  std::vector<ProbeResult> answers;

  const ProbeResult* find(ProbeItem question) const;
  bool yes(ProbeItem question) const;  // asked, and the answer was 0
  void add(ProbeItem question, int code, std::string detail = {});
};

HostFacts read_host_facts();

// Asks the questions about steps (and about overlay, unless `store` is empty) and adds the answers.
// Forks: call it inside the builder's namespace and before any thread exists.
void probe_steps(Probe& probe, const std::string& store);

}  // namespace cairn::sandbox
