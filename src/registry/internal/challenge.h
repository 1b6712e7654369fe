// SPDX-License-Identifier: Apache-2.0
//
// Parses the WWW-Authenticate header (RFC 9110, section 11.6.1): one or more challenges, each a
// scheme with parameters.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::registry {

struct Challenge {
  std::string scheme;                         // lower case: "bearer", "basic"
  std::map<std::string, std::string> params;  // names in lower case

  std::string param(const std::string& name) const {
    auto found = params.find(name);
    return found == params.end() ? std::string() : found->second;
  }
  bool operator==(const Challenge&) const = default;
};

// Returns what can be parsed. Never throws, since the header is untrusted.
std::vector<Challenge> parse_challenges(std::string_view header);

}  // namespace cairn::registry
