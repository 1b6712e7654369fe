// SPDX-License-Identifier: Apache-2.0
//
// Goes line by line. The first resolver that a step cannot reach becomes the helper's, in its
// place; further ones are dropped. All other lines follow the resolvers, since only the order of
// the resolvers matters.
#include "exec/resolv_conf.h"

#include <vector>

#include "base/text.h"

namespace cairn::exec {
namespace {

// The address of a "nameserver" line; empty for any other line.
std::string_view nameserver_of(std::string_view line) {
  constexpr std::string_view kWord = "nameserver";
  std::string_view text = trim(line);
  if (!text.starts_with(kWord)) return {};
  std::string_view rest = text.substr(kWord.size());
  if (rest.empty() || (rest[0] != ' ' && rest[0] != '\t')) return {};
  rest = trim(rest);
  return rest.substr(0, rest.find_first_of(" \t"));
}

bool reaches(std::string_view address) {
  return !address.starts_with("127.") && address != "0.0.0.0" &&
         address.find(':') == std::string_view::npos;
}

}  // namespace

std::string private_resolv_conf(const std::string& host, const std::string& resolver) {
  std::string resolvers, rest;
  bool replaced = false;
  for (const std::string& line : split(host, '\n')) {
    std::string_view address = nameserver_of(line);
    if (address.empty()) {
      if (!trim(line).empty()) rest += line + "\n";
    } else if (reaches(address)) {
      resolvers += "nameserver " + std::string(address) + "\n";
    } else if (!replaced) {
      replaced = true;
      resolvers += "nameserver " + resolver + "\n";
    }
  }
  // Without a resolver, glibc would ask 127.0.0.1, where nothing listens.
  if (resolvers.empty()) resolvers = "nameserver " + resolver + "\n";
  return resolvers + rest;
}

}  // namespace cairn::exec
