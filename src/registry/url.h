// SPDX-License-Identifier: Apache-2.0
//
// URLs in the parts that decide trust: scheme, host, port. Only http and https exist here, and a
// user name inside a URL is refused.
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

  static std::optional<Url> find(std::string_view text);
  // `location` as a Location header gives it: absolute or relative to this URL.
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
