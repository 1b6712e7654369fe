// SPDX-License-Identifier: Apache-2.0
//
// Command lines and texts are values, so tests need no network. Only read_network_facts() looks at
// the host. It opens /dev/net/tun to learn whether that works, since the mode does not tell: a
// container's device rules may forbid it.
#include "sandbox/network_helper.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <sstream>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/fd.h"
#include "base/sys/process.h"
#include "base/text.h"
#include "sandbox/internal/abstract_sockets.h"

namespace cairn::sandbox {
namespace {

// How to make /dev/net/tun usable, judged by the errno of opening it.
std::string tun_advice(int code) {
  switch (code) {
    case ENOENT:
      return "/dev/net/tun is missing (modprobe tun; of a container: --device /dev/net/tun)";
    case ENODEV: return "the kernel has no tun driver (modprobe tun)";
    case EACCES: return "this user may not open /dev/net/tun (as root: chmod 0666 /dev/net/tun)";
    case EPERM: return "the container around us closes /dev/net/tun (--device /dev/net/tun)";
    default: return fmt::format("/dev/net/tun cannot be opened: {}", std::strerror(code));
  }
}

std::string with_consequence(const NetworkFacts& facts, const std::string& why) {
  std::string text = "steps share the host's network and its loopback: " + why;
  if (facts.closes_abstract_sockets) return text;
  return text + "; they reach its abstract sockets too, which Linux 6.12 could close to them";
}

std::vector<std::string> split_words(const std::string& line) {
  std::istringstream stream(line);
  return {std::istream_iterator<std::string>(stream), {}};
}

// A router may have a very long table. Then it surely has a route, and "" is a good answer.
std::string routes_of(const char* path) {
  return if_possible([&] { return sys::find_file(path, 256 << 10); }).value_or("");
}

}  // namespace

std::string_view name(NetworkHelper helper) {
  return helper == NetworkHelper::kSlirp4netns ? "slirp4netns" : "pasta";
}

std::vector<std::string> helper_command(const HelperProgram& helper, const std::string& ns,
                                        int ready_fd) {
  if (helper.kind == NetworkHelper::kSlirp4netns) {
    return {helper.path,
            "--configure",
            "--mtu=65520",
            "--disable-host-loopback",
            "--enable-sandbox",
            "--enable-seccomp",
            fmt::format("--ready-fd={}", ready_fd),
            "--netns-type=path",
            ns,
            "tap0"};
  }
  // --netns-only: it runs with the rights of the builder's namespace and needs no other. --runas:
  // the network belongs to root, but by default pasta becomes nobody before it enters; it drops its
  // capabilities itself. The addresses are those of slirp4netns, so a step sees the same with both.
  return {helper.path,   "--config-net", "--quiet",      "--ipv4-only", "--mtu",
          "65520",       "--address",    kStepAddress,   "--netmask",   "255.255.255.0",
          "--gateway",   kStepGateway,   "--ns-ifname",  "tap0",        "--dns-forward",
          kStepResolver, "--no-map-gw",  "--tcp-ports",  "none",        "--udp-ports",
          "none",        "--tcp-ns",     "none",         "--udp-ns",    "none",
          "--runas",     "0:0",          "--netns-only", "--netns",     ns};
}

bool is_only_ipv6(std::string_view routes, std::string_view ipv6_routes) {
  // Iface Destination Gateway Flags RefCnt Use Metric Mask ..., separated by any white space.
  for (const std::string& line : split(routes, '\n')) {
    std::vector<std::string> words = split_words(line);
    if (words.size() > 7 && words[1] == "00000000" && words[7] == "00000000") return false;
  }
  // Destination, its length, source, its length, gateway, ..., device. A route of lo only refuses
  // packets.
  std::string nowhere(32, '0');
  for (const std::string& line : split(ipv6_routes, '\n')) {
    std::vector<std::string> words = split_words(line);
    if (words.size() == 10 && words[0] == nowhere && words[1] == "00" && words[9] != "lo")
      return true;
  }
  return false;
}

NetworkFacts read_network_facts() {
  NetworkFacts facts;
  for (NetworkHelper kind : {NetworkHelper::kSlirp4netns, NetworkHelper::kPasta}) {
    if (auto path = sys::find_program(std::string(name(kind)))) {
      facts.helpers.push_back({kind, std::move(*path)});
    }
  }
  if (std::optional<Error> failure = failure_of([] { sys::open_path("/dev/net/tun", O_RDWR); })) {
    facts.tun_error = failure->code();
  }
  facts.closes_abstract_sockets = can_close_abstract_sockets();
  facts.only_ipv6 =
      is_only_ipv6(routes_of("/proc/self/net/route"), routes_of("/proc/self/net/ipv6_route"));
  return facts;
}

std::string network_note(const NetworkFacts& facts) {
  std::string why;
  if (facts.helpers.empty()) {
    why = "neither slirp4netns nor pasta is installed (install the package slirp4netns or passt)";
  }
  if (facts.tun_error != 0) {
    why += (why.empty() ? "" : ", and ") + tun_advice(facts.tun_error);
  }
  if (why.empty() && facts.only_ipv6) {
    why = "this host has a route by IPv6 alone, and a network of their own would have IPv4";
  }
  return why.empty() ? "" : with_consequence(facts, why);
}

std::string network_note(const NetworkFacts& facts, const std::string& failure) {
  return with_consequence(facts, failure);
}

}  // namespace cairn::sandbox
