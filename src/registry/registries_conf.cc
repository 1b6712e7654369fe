// SPDX-License-Identifier: Apache-2.0
//
// toml++ parses; all settings but `insecure` are ignored. The first file that exists ends the
// search, as in containers/image: the user's file replaces the system's.
#include "registry/internal/registries_conf.h"

#include <toml++/toml.h>

#include "base/error.h"
#include "base/sys/file.h"

namespace cairn::registry {
namespace {

constexpr std::size_t kMaxRegistriesConf = 1 << 20;

void take(const toml::table& table, std::vector<std::string>& hosts) {
  if (!table["insecure"].value_or(false)) return;
  std::string where = table["location"].value_or(std::string());
  if (where.empty()) where = table["prefix"].value_or(std::string());
  where.resize(std::min(where.find('/'), where.size()));
  // A wildcard prefix ("*.example.com") names no single host.
  if (!where.empty() && where.find('*') == std::string::npos) hosts.push_back(where);
}

toml::table parse(const std::string& text, const std::string& path) {
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    throw Error::of(ErrorKind::kUsage, "{}:{}: {}", path, error.source().begin.line,
                    error.description());
  }
}

}  // namespace

std::vector<std::string> insecure_hosts(const std::vector<std::string>& files) {
  std::vector<std::string> hosts;
  for (const std::string& path : files) {
    std::optional<std::string> text = sys::find_file(path, kMaxRegistriesConf);
    if (!text) continue;
    toml::table conf = parse(*text, path);
    const toml::array* registries = conf["registry"].as_array();
    if (registries == nullptr) break;
    for (const toml::node& node : *registries) {
      const toml::table* table = node.as_table();
      if (table == nullptr) continue;
      take(*table, hosts);
      const toml::array* mirrors = (*table)["mirror"].as_array();
      if (mirrors == nullptr) continue;
      for (const toml::node& mirror : *mirrors) {
        if (mirror.is_table()) take(*mirror.as_table(), hosts);
      }
    }
    break;
  }
  return hosts;
}

}  // namespace cairn::registry
