// SPDX-License-Identifier: Apache-2.0
//
// The names are those of docker's --ulimit (docker/go-units, ulimit.go): without RLIMIT_AS, which
// docker leaves out, too.
#include "sandbox/rlimits.h"

#include <sys/resource.h>

namespace cairn::sandbox {
namespace {

struct Name {
  std::string_view name;
  int resource;
};

constexpr Name kNames[] = {
    {"core", RLIMIT_CORE},         {"cpu", RLIMIT_CPU},
    {"data", RLIMIT_DATA},         {"fsize", RLIMIT_FSIZE},
    {"locks", RLIMIT_LOCKS},       {"memlock", RLIMIT_MEMLOCK},
    {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
    {"nofile", RLIMIT_NOFILE},     {"nproc", RLIMIT_NPROC},
    {"rss", RLIMIT_RSS},           {"rtprio", RLIMIT_RTPRIO},
    {"rttime", RLIMIT_RTTIME},     {"sigpending", RLIMIT_SIGPENDING},
    {"stack", RLIMIT_STACK},
};

}  // namespace

std::optional<int> find_rlimit(std::string_view name) {
  for (const Name& known : kNames) {
    if (known.name == name) return known.resource;
  }
  return std::nullopt;
}

std::string_view rlimit_name(int resource) {
  for (const Name& known : kNames) {
    if (known.resource == resource) return known.name;
  }
  return "";
}

std::vector<std::string> rlimit_names() {
  std::vector<std::string> names;
  for (const Name& known : kNames) names.emplace_back(known.name);
  return names;
}

}  // namespace cairn::sandbox
