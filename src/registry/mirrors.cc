// SPDX-License-Identifier: Apache-2.0
//
// The API of a server is below /v2; a mirror's path prefix is inserted after it:
// https://mirror/prefix is requested at /v2/prefix/... . Credentials of a mirror are looked up by
// its own host.
#include "registry/mirrors.h"

#include "base/error.h"

namespace cairn::registry {
namespace {

constexpr std::string_view kHub = "docker.io";
constexpr std::string_view kHubApi = "registry-1.docker.io";

Endpoint parse_server(std::string_view text) {
  if (text.find("://") != std::string_view::npos) {
    if (auto url = Url::find(text)) return {.base = *url};
  } else if (auto url = Url::find("https://" + std::string(text))) {
    if (text.substr(0, text.find('/')).ends_with(":443")) return {.base = *url};
    std::optional<Url> plain = Url::find("http://" + std::string(text));
    // Nobody can eavesdrop on loopback, and test registries there have no certificate.
    if (url->loopback()) std::swap(*url, *plain);
    return {.base = *url, .other = *plain};
  }
  throw Error::of(ErrorKind::kUsage, "\"{}\" is no address of a registry", text)
      .with_hint(
          "it is [SCHEME://]HOST[:PORT][/PATH], and a login is given by \"docker login\" or "
          "--creds");
}

Endpoint parse_mirror(std::string_view text) {
  Endpoint endpoint = parse_server(text);
  endpoint.mirror = true;
  std::string& path = endpoint.base.target;
  path = path.substr(0, path.find('?'));
  while (path.ends_with('/')) path.pop_back();
  if (path != "/v2" && !path.starts_with("/v2/")) path.insert(0, "/v2");
  if (endpoint.other) endpoint.other->target = path;
  endpoint.registry = endpoint.base.str().substr(endpoint.base.scheme.size() + 3);
  endpoint.registry.resize(endpoint.registry.find('/'));
  return endpoint;
}

}  // namespace

void MirrorMap::add(std::string_view setting) {
  std::size_t equals = setting.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == setting.size()) {
    throw Error::of(ErrorKind::kUsage, "registry mirror \"{}\" is not HOST=URL", setting)
        .with_hint("for example --registry-mirror docker.io=https://mirror.example.com");
  }
  std::string host(setting.substr(0, equals));
  if (host == "index.docker.io" || host == kHubApi) host = kHub;
  mirrors_[host].emplace_back(setting.substr(equals + 1));
}

std::vector<Endpoint> MirrorMap::for_pull(const std::string& registry) const {
  std::vector<Endpoint> out;
  if (auto found = mirrors_.find(registry); found != mirrors_.end()) {
    for (const std::string& url : found->second) out.push_back(parse_mirror(url));
  }
  out.push_back(origin(registry));
  return out;
}

Endpoint MirrorMap::origin(const std::string& registry) {
  Endpoint endpoint = parse_server(registry == kHub ? kHubApi : registry);
  endpoint.registry = registry;
  endpoint.base.target = "/v2";
  if (endpoint.other) endpoint.other->target = "/v2";
  return endpoint;
}

}  // namespace cairn::registry
