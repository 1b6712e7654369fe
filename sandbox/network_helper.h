// SPDX-License-Identifier: Apache-2.0
//
// The programs that connect a network namespace to the world in user space: slirp4netns, or pasta
// from the package passt. Which are installed, how they are run, and what to tell the user if none
// can be used.
//
// slirp4netns comes first: it is ready in 7 ms (pasta of 2023-03: 45 ms), and it works on a host
// without a route to the outside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cairn::sandbox {

enum class NetworkHelper { kSlirp4netns, kPasta };
std::string_view name(NetworkHelper helper);

struct HelperProgram {
  NetworkHelper kind = NetworkHelper::kSlirp4netns;
  std::string path;

  bool operator==(const HelperProgram&) const = default;
};

// What a step sees, the same for every helper.
constexpr const char* kStepAddress = "10.0.2.100";
constexpr const char* kStepGateway = "10.0.2.2";
constexpr const char* kStepResolver = "10.0.2.3";  // forwards to the host's, on loopback too

// The command that connects the network namespace bound at the path `ns`. It forwards no ports, and
// maps no address to the host's loopback in either direction. slirp4netns writes a byte to
// `ready_fd` when it is ready; pasta is ready when it goes to the background.
std::vector<std::string> helper_command(const HelperProgram& helper, const std::string& ns,
                                        int ready_fd);

// What decides whether steps can have private networks, as far as it can be seen without starting
// anything.
struct NetworkFacts {
  std::vector<HelperProgram> helpers;  // in the order of trying them
  int tun_error = 0;                   // errno of opening /dev/net/tun; pasta would hang there
  bool closes_abstract_sockets = false;
  bool only_ipv6 = false;  // the host's only routes are IPv6; a step's network has IPv4 only
};
// Judged by the texts of /proc/net/route and /proc/net/ipv6_route.
bool is_only_ipv6(std::string_view routes, std::string_view ipv6_routes);
NetworkFacts read_network_facts();

// Why no step has a private network, what to install or open, and what the consequence is; "" if
// there is nothing to say. The second is for a helper that failed, with its message.
std::string network_note(const NetworkFacts& facts);
std::string network_note(const NetworkFacts& facts, const std::string& failure);

}  // namespace cairn::sandbox
