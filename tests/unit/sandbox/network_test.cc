// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/internal/network_messages.h"
#include "sandbox/internal/network_namespace.h"
#include "sandbox/network_helper.h"

namespace cairn::sandbox {
namespace {

bool has(const std::vector<std::string>& words, const std::vector<std::string>& run) {
  return std::ranges::search(words, run).begin() != words.end();
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("slirp4netns is told to keep the host's loopback shut, and locks itself in") {
  auto words = helper_command({NetworkHelper::kSlirp4netns, "/usr/bin/slirp4netns"}, "/sys/n", 3);
  CHECK(words.front() == "/usr/bin/slirp4netns");
  for (const char* word : {"--configure", "--disable-host-loopback", "--enable-sandbox",
                           "--enable-seccomp", "--ready-fd=3", "--netns-type=path"}) {
    CHECK_MESSAGE(has(words, {word}), word);
  }
  CHECK(has(words, {"/sys/n", "tap0"}));
}

TEST_CASE("pasta is told to forward nothing, which it would do by itself") {
  auto words = helper_command({NetworkHelper::kPasta, "/usr/bin/pasta"}, "/sys/n", 3);
  CHECK(has(words, {"--no-map-gw"}));
  for (const char* option : {"--tcp-ports", "--udp-ports", "--tcp-ns", "--udp-ns"}) {
    CHECK_MESSAGE(has(words, {option, "none"}), option);
  }
  CHECK(has(words, {"--netns", "/sys/n"}));
}

TEST_CASE("a step sees the same addresses with either helper") {
  auto words = helper_command({NetworkHelper::kPasta, "pasta"}, "/sys/n", 3);
  CHECK(has(words, {"--address", "10.0.2.100"}));
  CHECK(has(words, {"--gateway", "10.0.2.2"}));
  CHECK(has(words, {"--dns-forward", "10.0.2.3"}));
  CHECK(has(words, {"--ns-ifname", "tap0"}));
}

TEST_CASE("nothing is said where steps have a network of their own") {
  CHECK(network_note({.helpers = {{NetworkHelper::kPasta, "/usr/bin/pasta"}},
                      .tun_error = 0,
                      .closes_abstract_sockets = false}) == "");
}

TEST_CASE("a missing helper is named with its packages") {
  std::string note = network_note({.helpers = {}, .tun_error = 0, .closes_abstract_sockets = true});
  CHECK(contains(note, "share the host's network"));
  CHECK(contains(note, "install the package slirp4netns or passt"));
  CHECK(!contains(note, "abstract sockets"));  // closed to steps
}

TEST_CASE("a shut /dev/net/tun is named with the way to open it") {
  NetworkFacts facts{.helpers = {{NetworkHelper::kSlirp4netns, "/usr/bin/slirp4netns"}},
                     .tun_error = EACCES,
                     .closes_abstract_sockets = false};
  CHECK(contains(network_note(facts), "chmod 0666 /dev/net/tun"));
  CHECK(contains(network_note(facts), "Linux 6.12"));
  facts.tun_error = ENOENT;
  CHECK(contains(network_note(facts), "--device /dev/net/tun"));
  facts.tun_error = ENODEV;
  CHECK(contains(network_note(facts), "modprobe tun"));
  facts.helpers.clear();
  CHECK(contains(network_note(facts), "or passt), and the kernel has no tun driver"));
}

TEST_CASE("a host with a route by IPv6 alone is known by its routes") {
  const std::string heading =
      "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n";
  const std::string near = "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
  const std::string out = "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n";
  const std::string zeros(32, '0');
  auto ipv6 = [&](const char* device) {
    return zeros + " 00 " + zeros + " 00 fe800000000000000000000000000001 00000400 1 0 3 " +
           device + "\n";
  };
  CHECK(is_only_ipv6(heading + near, ipv6("    eth0")));
  CHECK(!is_only_ipv6(heading + near + out, ipv6("    eth0")));
  CHECK(!is_only_ipv6(heading + near, ipv6("      lo")));  // the kernel's own, which refuses
  CHECK(!is_only_ipv6(heading, ""));                       // no network at all: any will do
  CHECK(contains(network_note({.helpers = {{NetworkHelper::kPasta, "pasta"}},
                               .tun_error = 0,
                               .closes_abstract_sockets = true,
                               .only_ipv6 = true}),
                 "IPv6 alone"));
}

TEST_CASE("a helper that failed is quoted") {
  std::string note = network_note({}, "pasta was not ready within 2 seconds");
  CHECK(contains(note, "pasta was not ready within 2 seconds"));
}

TEST_CASE("sockets are counted by what is the network's own") {
  const char* empty =
      "sockets: used 0\nTCP: inuse 0 orphan 7 tw 0 alloc 90 mem 30\nUDP: inuse 0 mem 5\n"
      "UDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n";
  CHECK(count_sockets(empty) == 0);
  CHECK(count_sockets("sockets: used 5\nTCP: inuse 0 orphan 0 tw 2 alloc 9 mem 3\n") == 2);
  CHECK(count_sockets("sockets: used 5\nTCP: inuse 1 orphan 1 tw 0 alloc 9 mem 3\n") == 1);
  CHECK(count_sockets("TCP6: inuse 1\nUDP6: inuse 2\nFRAG6: inuse 0 memory 0\n") == 3);
  const std::string heading = "Num       RefCount Protocol Flags    Type St Inode Path\n";
  CHECK(count_sockets(heading) == 0);
  CHECK(count_sockets(heading + "0000000000000000: 00000002 00000000 00010000 0001 01 22 @x\n") ==
        1);
  CHECK(count_sockets("") == 0);
}

TEST_CASE("a request for a network crosses as text") {
  for (bool of_step : {false, true}) {
    NetworkRequest request = parse_network_request(text({.helper = 1, .of_step = of_step}));
    CHECK(request.helper == 1);
    CHECK(request.of_step == of_step);
  }
}

}  // namespace cairn::sandbox
