// SPDX-License-Identifier: Apache-2.0
//
// The facts are read before anything is tried, because entering a user namespace changes most of
// them: uid, capabilities and maps would be those inside. Files that cannot be read count as
// missing.
#include "sandbox/probe.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/fd.h"
#include "base/sys/process.h"
#include "base/text.h"

namespace cairn::sandbox {
namespace {

// The inode number of the initial user namespace is part of the kernel's interface
// (PROC_USER_INIT_INO in include/linux/proc_ns.h). A map of all ids proves nothing: a namespace
// mapped by root looks the same.
bool in_initial_user_namespace() {
  constexpr ino_t kInitial = 0xEFFFFFFD;
  struct stat st;
  return ::stat("/proc/self/ns/user", &st) == 0 && st.st_ino == kInitial;
}

// A field of /proc/self/status; "" if there is none.
std::string status_field(const std::string& status, std::string_view name) {
  for (const std::string& line : split(status, '\n')) {
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ':') {
      return std::string(trim(std::string_view(line).substr(name.size() + 1)));
    }
  }
  return "";
}

// Not readable for us is as good as missing.
std::string file_or_empty(const char* path) {
  constexpr std::size_t kMost = 1 << 20;
  return if_possible([&] { return sys::find_file(path, kMost); }).value_or("");
}

std::string user_name(std::uint32_t uid) {
  std::array<char, 16384> buffer;
  passwd entry;
  passwd* found = nullptr;
  ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->pw_name : "";
}

std::string own_path() {
  std::array<char, 4096> buffer;
  ssize_t length = ::readlink("/proc/self/exe", buffer.data(), buffer.size());
  return length > 0 ? std::string(buffer.data(), static_cast<std::size_t>(length)) : "cairn";
}

}  // namespace

std::string_view name(ProbeItem question) {
  switch (question) {
    case ProbeItem::kUserNamespace: return "make a user namespace";
    case ProbeItem::kHelperMap: return "map all ids ourselves";
    case ProbeItem::kNewidmap: return "map subordinate ids by newuidmap";
    case ProbeItem::kSingleMap: return "map one id";
    case ProbeItem::kStepNamespaces: return "make the namespaces of a step";
    case ProbeItem::kFreshProc: return "mount a new /proc";
    case ProbeItem::kBoundProc: return "bind the outer /proc";
    case ProbeItem::kPivotRoot: return "pivot_root";
    case ProbeItem::kChroot: return "chroot";
    case ProbeItem::kOverlay: return "overlay in the store";
  }
  return "";
}

const ProbeResult* Probe::find(ProbeItem question) const {
  auto is_it = [question](const ProbeResult& answer) { return answer.question == question; };
  auto found = std::find_if(answers.begin(), answers.end(), is_it);
  return found == answers.end() ? nullptr : &*found;
}

bool Probe::yes(ProbeItem question) const {
  const ProbeResult* answer = find(question);
  return answer != nullptr && answer->code == 0;
}

void Probe::add(ProbeItem question, int code, std::string detail) {
  answers.push_back({.question = question, .code = code, .detail = std::move(detail)});
}

HostFacts read_host_facts() {
  HostFacts facts;
  facts.uid = ::geteuid();
  facts.gid = ::getegid();
  facts.executable = own_path();
  facts.capabilities = effective_capabilities();
  facts.initial_user_namespace = in_initial_user_namespace();
  std::string status = sys::read_file("/proc/self/status");
  facts.no_new_privs = status_field(status, "NoNewPrivs") == "1";
  facts.seccomp_filtered = status_field(status, "Seccomp") == "2";
  facts.apparmor_restricts_userns =
      trim(file_or_empty("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")) == "1";
  std::string most(trim(file_or_empty("/proc/sys/user/max_user_namespaces")));
  facts.max_user_namespaces = parse_uint(most).value_or(UINT64_MAX);
  facts.uid_map = parse_id_map(sys::read_file("/proc/self/uid_map"));
  facts.gid_map = parse_id_map(sys::read_file("/proc/self/gid_map"));
  if (facts.uid == 0 && facts.initial_user_namespace) return facts;  // needs no delegated ids
  facts.user = user_name(facts.uid);
  facts.sub_uids = parse_sub_ids(file_or_empty("/etc/subuid"), facts.user, facts.uid);
  facts.sub_gids = parse_sub_ids(file_or_empty("/etc/subgid"), facts.user, facts.uid);
  facts.has_newidmap = sys::find_program("newuidmap") && sys::find_program("newgidmap");
  return facts;
}

}  // namespace cairn::sandbox
