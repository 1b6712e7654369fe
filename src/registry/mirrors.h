// SPDX-License-Identifier: Apache-2.0
//
// Which servers to ask for an image: the mirrors of its registry, then the registry itself.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "registry/url.h"

namespace cairn::registry {

// A server that speaks the protocol, and the path its repositories stand below.
struct Endpoint {
  Url base;                   // target is "/v2" or "/v2/prefix"
  std::string registry = {};  // whose credentials apply
  bool mirror = false;
};

class MirrorMap {
 public:
  // One setting as the command line gives it, HOST=URL; the URL may lack its scheme and may have a
  // path that goes before the repository. Throws kUsage when it is none; whether the URL is one is
  // looked at when it is used, since that takes libcurl, and most builds ask nobody.
  void add(std::string_view setting);
  // Mirrors in the order they were added, then the origin. Throws kUsage.
  std::vector<Endpoint> for_pull(const std::string& registry) const;
  // The registry itself: docker.io lives at registry-1.docker.io, and loopback hosts speak HTTP
  // unless their port is 443.
  static Endpoint origin(const std::string& registry);

 private:
  std::map<std::string, std::vector<std::string>> mirrors_;  // URLs by host
};

}  // namespace cairn::registry
