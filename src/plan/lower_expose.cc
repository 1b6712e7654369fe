// SPDX-License-Identifier: Apache-2.0
//
// EXPOSE is the only instruction whose variables may expand to several words. A port is
// [[ip:]hostport:]port[-port][/proto]. The part before the container port is checked and dropped,
// since old files have it. Errors are those of docker/go-connections.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {
namespace {

using PortRange = std::pair<unsigned, unsigned>;

std::optional<PortRange> find_range(std::string_view text) {
  std::size_t dash = text.find('-');
  std::optional<std::uint64_t> first = parse_uint(text.substr(0, dash));
  std::optional<std::uint64_t> last = first;
  if (dash != std::string_view::npos) last = parse_uint(text.substr(dash + 1));
  if (!first || !last || *last > 65535 || *first > *last) return std::nullopt;
  return PortRange(*first, *last);
}

void check_address(std::string address) {
  // IPv6 addresses are written in brackets.
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  unsigned char bytes[sizeof(in6_addr)];
  if (address.empty() || inet_pton(AF_INET, address.c_str(), bytes) == 1 ||
      inet_pton(AF_INET6, address.c_str(), bytes) == 1) {
    return;
  }
  throw dockerfile_error("invalid IP address: {}", address);
}

// Checks "[ip:]host" in front of the container port.
void check_host_part(std::string_view text, PortRange container, std::string_view written) {
  std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) check_address(std::string(text.substr(0, colon)));
  std::string_view port = colon == std::string_view::npos ? text : text.substr(colon + 1);
  if (port.empty()) return;
  std::optional<PortRange> host = find_range(port);
  if (!host) throw dockerfile_error("invalid hostPort: {}", port);
  auto size = [](PortRange range) { return range.second - range.first; };
  // Ranges must have equal lengths, except that a range of host ports may serve one port.
  if (size(*host) != size(container) && size(container) != 0) {
    throw dockerfile_error("invalid ranges specified for container and host Ports: {} and {}",
                           written, port);
  }
}

// "[ip:]host:" in front of a port has had no effect for years.
bool has_host_part(std::string_view text) {
  std::size_t colon = text.find_last_of(':');
  return colon != std::string_view::npos && text.find_first_not_of(':') < colon;
}

void add_ports(const std::string& text, std::vector<std::string>& ports, const Lowering& context) {
  std::size_t colon = text.rfind(':');
  std::string container = colon == std::string::npos ? text : text.substr(colon + 1);
  std::size_t slash = std::min(container.find('/'), container.size());
  std::string written = slash < container.size() ? container.substr(slash + 1) : "";
  std::string proto = to_lower(written);
  container.resize(slash);
  if (container.empty())
    throw dockerfile_error("invalid port: {}: no port specified", go_quote(text));
  if (proto.empty()) proto = "tcp";
  if (proto != "tcp" && proto != "udp" && proto != "sctp") {
    throw dockerfile_error("invalid port: {}: invalid proto: {}", go_quote(text), proto);
  }
  if (proto != written && !written.empty()) {
    context.linter.report(dockerfile::rules::kExposeProtoCasing, context.origin, text);
  }
  if (has_host_part(text)) {
    context.linter.report(dockerfile::rules::kExposeInvalidFormat, context.origin, text);
  }
  std::optional<PortRange> range = find_range(container);
  if (!range) throw dockerfile_error("invalid containerPort: {}", container);
  if (colon != std::string::npos)
    check_host_part(std::string_view(text).substr(0, colon), *range, container);
  for (unsigned port = range->first; port <= range->second; ++port) {
    ports.push_back(fmt::format("{}/{}", port, proto));
  }
}

}  // namespace

void lower(const dockerfile::Expose& expose, Lowering& context) {
  std::vector<std::string> ports;
  for (const std::string& text : expose.ports) {
    for (const std::string& word :
         dockerfile::expand_words(text, context.image().env.variables(), {.escape = context.escape})
             .words) {
      add_ports(word, ports, context);
    }
  }
  context.image().config.exposed_ports.insert(ports.begin(), ports.end());
  context.record(fmt::format("EXPOSE [{}]", fmt::join(ports, " ")));
}

}  // namespace cairn::plan
