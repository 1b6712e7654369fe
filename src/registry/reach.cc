// SPDX-License-Identifier: Apache-2.0
//
// Tables of address blocks, narrower ones first. Metadata services of clouds count as link-local
// even if their address is in a private or public block: they hand out credentials to any client.
// An address that is neither IPv4 nor IPv6 counts as loopback, the class closest to us.
#include "registry/internal/reach.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <span>

#include "base/error.h"
#include "registry/fetch.h"
#include "registry/internal/http_error.h"

namespace cairn::registry {
namespace {

using V6 = std::array<std::uint8_t, 16>;

struct V4Block {
  std::uint32_t address;
  int bits;
  Reach reach;
};

// The first match wins, so a narrower block comes before a wider one.
constexpr V4Block kV4[] = {
    {0x7f000000, 8, Reach::kLoopback},    // 127/8
    {0x00000000, 8, Reach::kLoopback},    // "this host"
    {0xa9fe0000, 16, Reach::kLinkLocal},  // 169.254/16, with most metadata services
    {0x646464c8, 32, Reach::kLinkLocal},  // 100.100.100.200, Alibaba's metadata service
    {0xa83f8110, 32, Reach::kLinkLocal},  // 168.63.129.16, Azure's host service
    {0xc00000c0, 32, Reach::kLinkLocal},  // 192.0.0.192, Oracle's metadata service
    {0x0a000000, 8, Reach::kPrivate},     // RFC 1918
    {0xac100000, 12, Reach::kPrivate},    // RFC 1918
    {0xc0a80000, 16, Reach::kPrivate},    // RFC 1918
    {0x64400000, 10, Reach::kPrivate},    // 100.64/10, RFC 6598
    {0xc0000000, 24, Reach::kPrivate},    // 192.0.0/24, RFC 6890
    {0xc6120000, 15, Reach::kPrivate},    // 198.18/15, RFC 2544
    {0xe0000000, 3, Reach::kPrivate},     // multicast, reserved, broadcast
};

Reach reach_of_v4(std::uint32_t address) {
  for (const V4Block& block : kV4) {
    if ((address ^ block.address) >> (32 - block.bits) == 0) return block.reach;
  }
  return Reach::kPublic;
}

Reach reach_of_v4_at(const V6& a, std::size_t at) {
  return reach_of_v4(std::uint32_t{a[at]} << 24 | std::uint32_t{a[at + 1]} << 16 |
                     std::uint32_t{a[at + 2]} << 8 | a[at + 3]);
}

bool starts_with(const V6& a, std::initializer_list<int> bytes) {
  return std::equal(bytes.begin(), bytes.end(), a.begin());
}

bool zeros(const V6& a, std::size_t from, std::size_t to) {
  return std::all_of(a.begin() + static_cast<std::ptrdiff_t>(from),
                     a.begin() + static_cast<std::ptrdiff_t>(to), [](auto b) { return b == 0; });
}

Reach reach_of_v6(const V6& a) {
  if (zeros(a, 0, 15) && a[15] <= 1) return Reach::kLoopback;  // ::, ::1
  bool mapped = zeros(a, 0, 10) && a[10] == 0xff && a[11] == 0xff;
  bool translated = zeros(a, 0, 8) && a[8] == 0xff && a[9] == 0xff && zeros(a, 10, 12);
  bool nat64 = starts_with(a, {0x00, 0x64, 0xff, 0x9b}) && zeros(a, 4, 12);
  if (mapped || translated || nat64 || zeros(a, 0, 12)) return reach_of_v4_at(a, 12);
  if (starts_with(a, {0x20, 0x02})) return reach_of_v4_at(a, 2);            // 6to4, RFC 3056
  if (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) return Reach::kLinkLocal;      // fe80::/10
  if (starts_with(a, {0xfd, 0x00, 0x0e, 0xc2})) return Reach::kLinkLocal;   // EC2 metadata
  if (starts_with(a, {0xfd, 0x20, 0x00, 0xce})) return Reach::kLinkLocal;   // GCE metadata
  bool local_nat64 = starts_with(a, {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01});  // RFC 8215
  bool unique_local = (a[0] & 0xfe) == 0xfc;
  bool site_local = a[0] == 0xfe && (a[1] & 0xc0) == 0xc0;
  bool teredo = starts_with(a, {0x20, 0x01, 0x00, 0x00});
  bool is_private = local_nat64 || unique_local || site_local || teredo || a[0] == 0xff;
  return is_private ? Reach::kPrivate : Reach::kPublic;
}

// Where all addresses of a host are; empty if it has none.
std::vector<Reach> look_up(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &wanted, &list) != 0) return {};
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
  std::vector<Reach> all;
  for (; list != nullptr; list = list->ai_next) all.push_back(reach_of(list->ai_addr));
  return all;
}

}  // namespace

OffLimits check_host(const std::string& host, const OffLimits& limits) {
  std::vector<Reach> all = look_up(host);
  for (Reach reach : all) {
    if (!limits.covers(reach)) continue;
    throw Error::of(ErrorKind::kRegistry,
                    "cannot reach {}: the server named a host at an address that it may not lead "
                    "to: refused",
                    clean_text(host));
  }
  bool is_public = all.empty() || std::ranges::find(all, Reach::kPublic) != all.end();
  return OffLimits::after(is_public ? Reach::kPublic : all.front());
}

Reach reach_of(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    return reach_of_v4(ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr));
  }
  if (address->sa_family != AF_INET6) return Reach::kLoopback;
  V6 bytes{};
  std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, 16);
  return reach_of_v6(bytes);
}

std::optional<Reach> find_reach(const std::string& text) {
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return reach_of_v4(ntohl(v4.s_addr));
  V6 v6{};
  std::string plain = text.substr(0, text.find('%'));  // without a zone
  if (::inet_pton(AF_INET6, plain.c_str(), v6.data()) == 1) return reach_of_v6(v6);
  return std::nullopt;
}

}  // namespace cairn::registry
