// SPDX-License-Identifier: Apache-2.0
//
// Which servers to ask for an image: the mirrors of its registry, then the registry itself.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/url.h"

namespace cairn::registry {

// A server with the distribution protocol, and the path prefix of its repositories.
struct Endpoint {
  Url base;                   // target is "/v2" or "/v2/prefix"
  std::string registry = {};  // whose credentials apply
  bool mirror = false;
  // The same with the other scheme, if the user wrote none: for a registry that may be insecure,
  // Session::choose_scheme() probes which of the two it speaks.
  std::optional<Url> other = {};
};

class MirrorMap {
 public:
  // Adds a setting of the command line, HOST=URL; the URL may lack a scheme and may have a path
  // that precedes the repository. Throws kUsage if it has another form. The URL itself is checked
  // when it is used: that needs libcurl, and most builds contact no registry.
  void add(std::string_view setting);
  // Mirrors in the order they were added, then the registry. Throws kUsage for a malformed URL.
  std::vector<Endpoint> for_pull(const std::string& registry) const;
  // The registry itself; docker.io's host is registry-1.docker.io. Without a scheme, plain HTTP is
  // assumed for loopback hosts unless the port is 443, TLS for all others; `other` is the
  // alternative.
  static Endpoint origin(const std::string& registry);

 private:
  std::map<std::string, std::vector<std::string>> mirrors_;  // URLs by host
};

}  // namespace cairn::registry
