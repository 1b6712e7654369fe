// SPDX-License-Identifier: Apache-2.0
//
// What this host lets us do, found out by doing it. An answer is an errno, never a version or a
// text: each question is put by carrying the operation out, in a child that is thrown away.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/capabilities.h"
#include "sandbox/id_map.h"

namespace cairn::sandbox {

enum class Question {
  kUserNamespace,   // unshare(CLONE_NEWUSER)
  kHelperMap,       // our helper writes an identity map of all our ids
  kNewidmap,        // newuidmap and newgidmap write one of our subordinate ids
  kSingleMap,       // a map of one id
  kStepNamespaces,  // clone with the five namespaces of a step
  kFreshProc,       // mount a new proc in them
  kBoundProc,       // or bind the one outside
  kPivotRoot,
  kChroot,
  kOverlay,  // a full cycle of overlay in the store: mount, copy up, delete, replace
};
std::string_view name(Question question);

struct Answer {
  Question question;
  int code = 0;        // errno; 0 is yes
  std::string detail;  // what a helper program said, or ""

  bool operator==(const Answer&) const = default;
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
  bool seccomp_filtered = false;  // by whoever started us
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
  std::vector<Answer> answers;

  const Answer* find(Question question) const;
  bool yes(Question question) const;  // asked, and it worked
  void add(Question question, int code, std::string detail = {});
};

HostFacts read_host_facts();

// Asks the questions about steps (and about overlay, when `store` is not empty) and adds the
// answers. To be called inside the builder's namespace and before any thread exists: it forks.
void probe_steps(Probe& probe, const std::string& store);

}  // namespace cairn::sandbox
