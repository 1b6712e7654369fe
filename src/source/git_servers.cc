// SPDX-License-Identifier: Apache-2.0
//
// The request is the first one of git (remote-curl.c, discover_refs()), so its redirects are those
// that git would follow; as in git, what is moved is the URL without the part that was added. git
// connects once more by itself. So that a name cannot stand for another address by then, git also
// gets the address that answered (http.curloptResolve, git 2.37; an older git ignores it).
#include "source/git_servers.h"

#include "base/error.h"
#include "registry/fetch.h"

namespace cairn::source {
namespace {

bool is_web(const std::string& url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

// What git adds to the URL of a repository.
std::string discovery_of(const std::string& url) {
  return std::string(url.ends_with('/') ? "" : "/") + "info/refs" +
         (url.find('?') == std::string::npos ? "?" : "&") + "service=git-upload-pack";
}

// For curl: without brackets, an IPv6 address would be split at its colons.
std::string pin_of(const registry::Response& response) {
  bool v6 = response.address.find(':') != std::string::npos;
  bool numeric = response.url.host.find(':') != std::string::npos;  // needs no pin
  if (response.address.empty() || numeric) return {};
  return response.url.host + ":" + std::to_string(response.url.port) + ":" +
         (v6 ? "[" + response.address + "]" : response.address);
}

}  // namespace

std::string git_host(const std::string& url) {
  std::string rest = url;
  if (std::size_t scheme = rest.find("://"); scheme != std::string::npos) {
    rest = rest.substr(scheme + 3);
    rest.resize(std::min(rest.find('/'), rest.size()));
  } else {
    // "host:path", unless a '/' comes before the colon (connect.c, url_is_local_not_ssh()).
    std::size_t colon = rest.find(rest.find('[') < rest.find('/') ? "]:" : ":");
    if (colon == std::string::npos || rest.find('/') < colon) return {};
    rest.resize(rest[colon] == ']' ? colon + 1 : colon);
  }
  if (std::size_t at = rest.rfind('@'); at != std::string::npos) rest.erase(0, at + 1);
  if (rest.starts_with('[')) return rest.substr(1, rest.find(']') - 1);
  return rest.substr(0, rest.find(':'));
}

GitServer GitServers::find(const RemoteUrl& url, const std::optional<std::string>& authorization,
                           const AddressLimits& limits, std::stop_token stop) const {
  std::string plain = url.without_login();
  if (!is_web(plain)) {
    std::string host = git_host(plain);
    // A path of this host: whether git may read it is no matter of addresses.
    if (host.empty()) return {.url = plain, .beyond = limits};
    return {.url = plain, .beyond = registry::check_host(host, limits)};
  }
  std::string added = discovery_of(plain);
  std::optional<registry::Url> asked = registry::Url::find(plain + added);
  if (!asked) throw Error::of(ErrorKind::kUsage, "{} is not a URL that git can fetch from", url);
  // Some servers answer clients only that call themselves git.
  registry::Request request{
      .url = *asked,
      .headers = {{"User-Agent", "git/2.0 (cairn)"}, {"Git-Protocol", "version=2"}},
      .off_limits = limits,
      .stop = stop};
  if (authorization) request.headers.set("Authorization", *authorization);
  registry::Response response = registry::try_fetch(transport_, std::move(request), url.redacted());
  // Without an answer, git says why when it gets none either.
  if (response.failure) response.url = *asked;
  std::string last = response.url.str();
  if (!last.ends_with(added)) {
    throw Error::of(ErrorKind::kRegistry, "{} redirects to {}, which is no repository", url,
                    RemoteUrl(last));
  }
  last.resize(last.size() - added.size());
  return {.url = last,
          .moved = response.url.origin() != asked->origin(),
          .pin = pin_of(response),
          .beyond = AddressLimits::after(response.reach)};
}

}  // namespace cairn::source
