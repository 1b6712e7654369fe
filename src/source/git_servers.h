// SPDX-License-Identifier: Apache-2.0
//
// The servers of git repositories. git follows redirects by itself and checks no address, so they
// are followed here first, by the rules for all other servers; git is then given the last URL and
// follows none. Thread-safe.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "base/remote_url.h"
#include "registry/transport.h"

namespace cairn::source {

using AddressLimits = registry::OffLimits;

struct GitServer {
  std::string url;            // what git is to ask, after redirects and without a login
  bool moved = false;         // to another origin, which must not get the login
  std::string pin = {};       // "host:port:address" for http.curloptResolve; "" for none
  AddressLimits beyond = {};  // for the servers that its repository names
};

class GitServers {
 public:
  // Borrows the transport.
  explicit GitServers(registry::Transport& transport) : transport_(transport) {}

  // Finds the server of a repository: asks an http(s) URL as git does, and looks up the host of any
  // other. `authorization` is the header's value; it goes to the first origin only. Throws
  // kRegistry for a redirect or an address that is not allowed, kUsage for an invalid URL,
  // kCancelled.
  GitServer find(const RemoteUrl& url, const std::optional<std::string>& authorization,
                 const AddressLimits& limits, std::stop_token stop) const;

 private:
  registry::Transport& transport_;
};

// The host that git connects to for a URL that is not http(s): "ssh://user@host:22/path",
// "user@host:path". "" for a path of this host.
std::string git_host(const std::string& url);

}  // namespace cairn::source
