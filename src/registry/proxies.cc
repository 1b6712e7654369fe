// SPDX-License-Identifier: Apache-2.0
//
// libcurl has its own, different rules for the same variables: it ignores upper-case HTTP_PROXY and
// prefers lower case elsewhere. So the choice is made here and passed to libcurl explicitly.
#include "registry/internal/proxies.h"

#include <arpa/inet.h>

#include <array>
#include <cstdlib>
#include <optional>

#include "base/text.h"

namespace cairn::registry {
namespace {

std::string first_of(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = ::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

struct Address {
  std::array<unsigned char, 16> bytes = {};
  int bits = 0;
};

std::optional<Address> find_address(const std::string& text) {
  Address address;
  if (::inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) {
    address.bits = 32;
  } else if (::inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) {
    address.bits = 128;
  } else {
    return std::nullopt;
  }
  return address;
}

bool in_block(const Address& address, const Address& block, int bits) {
  if (address.bits != block.bits || bits > block.bits) return false;
  for (int i = 0; i < bits; ++i) {
    auto at = static_cast<std::size_t>(i / 8);
    if (((address.bytes[at] ^ block.bytes[at]) >> (7 - i % 8) & 1) != 0) return false;
  }
  return true;
}

bool matches(const Url& url, std::string entry) {
  if (entry == "*") return true;
  std::optional<Address> host = find_address(url.host);
  if (std::size_t slash = entry.find('/'); slash != std::string::npos) {
    std::optional<Address> block = find_address(entry.substr(0, slash));
    auto bits = parse_uint(entry.substr(slash + 1));
    return host && block && bits && *bits <= 128 &&
           in_block(*host, *block, static_cast<int>(*bits));
  }
  // The colons of a bare IPv6 address are no port.
  bool v6 = find_address(entry).has_value();
  std::size_t colon = entry.rfind(':');
  if (!v6 && colon != std::string::npos) {
    if (entry.substr(colon + 1) != std::to_string(url.port)) return false;
    entry.resize(colon);
  }
  if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
  if (std::optional<Address> same = find_address(entry)) {
    return host && in_block(*host, *same, same->bits);
  }
  // As in Go: "example.com" covers its subdomains, ".example.com" and "*.example.com" only those.
  if (entry.starts_with("*.")) entry.erase(0, 1);
  if (entry.starts_with('.')) return url.host.ends_with(entry);
  return !entry.empty() && (url.host == entry || url.host.ends_with("." + entry));
}

}  // namespace

bool is_bypassed(const Url& url, std::string_view list) {
  for (const std::string& entry : split(list, ',')) {
    if (matches(url, to_lower(trim(entry)))) return true;
  }
  return false;
}

std::string choose_proxy(const Url& url) {
  if (url.loopback() || is_bypassed(url, first_of({"NO_PROXY", "no_proxy"}))) return {};
  std::string proxy;
  if (url.scheme == "https") {
    proxy = first_of({"HTTPS_PROXY", "https_proxy"});
  } else if (::getenv("REQUEST_METHOD") == nullptr) {
    proxy = first_of({"HTTP_PROXY", "http_proxy"});
  } else {
    proxy = first_of({"http_proxy"});
  }
  return proxy.empty() ? first_of({"ALL_PROXY", "all_proxy"}) : proxy;
}

}  // namespace cairn::registry
