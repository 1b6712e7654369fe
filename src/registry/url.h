// SPDX-License-Identifier: Apache-2.0
//
// URLs, split into the parts that decide about trust: scheme, host, port. Only http and https are
// accepted, and a user name inside a URL is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cairn::registry {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case, no brackets
  int port = 0;        // never 0 once parsed
  std::string target;  // path and query: "/v2/?a=b"

  // nullopt if `text` is no absolute http(s) URL, or has a user name.
  static std::optional<Url> find(std::string_view text);
  // Resolves a Location header, absolute or relative to this URL; nullopt if it is malformed.
  std::optional<Url> resolve(std::string_view location) const;

  std::string origin() const;  // "https://host:443"
  std::string str() const;     // without a default port
  bool loopback() const;       // localhost, 127.0.0.0/8, ::1, by name

  bool operator==(const Url&) const = default;
};

bool is_loopback_host(std::string_view host);
// Whether two hosts are likely one owner's: the same, or names below a common registrable domain
// (guessed from the labels; without a public suffix list it errs towards "no").
bool same_site(std::string_view a, std::string_view b);
std::string percent_encode(std::string_view text);  // all but unreserved characters

}  // namespace cairn::registry
