// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "tests/unit/plan/plan_fixture.h"

using namespace cairn;
using namespace cairn::plan;

namespace {

Lines ports(const std::string& words) {
  PlanTest t;
  const auto exposed = t.plan("FROM base\nEXPOSE " + words + "\n").config.exposed_ports;
  return {exposed.begin(), exposed.end()};
}

}  // namespace

// G08
TEST_CASE("a port has a protocol, a range many ports, and what is published is dropped") {
  struct Case {
    const char* words;
    Lines expected;
  };
  for (const Case& c : std::initializer_list<Case>{{"80", {"80/tcp"}},
                                                   {"80/", {"80/tcp"}},
                                                   {"80/TCP", {"80/tcp"}},
                                                   {"80/sctp 80/udp", {"80/sctp", "80/udp"}},
                                                   {"80 80/tcp", {"80/tcp"}},
                                                   {"1-3/udp", {"1/udp", "2/udp", "3/udp"}},
                                                   {"7-7", {"7/tcp"}},
                                                   {"0 65535", {"0/tcp", "65535/tcp"}},
                                                   {"8080:80", {"80/tcp"}},
                                                   {":80", {"80/tcp"}},
                                                   {"127.0.0.1:8080:80/udp", {"80/udp"}},
                                                   {"127.0.0.1::80", {"80/tcp"}},
                                                   {"[::1]:8080:80", {"80/tcp"}},
                                                   {"8000-8001:90-91", {"90/tcp", "91/tcp"}},
                                                   {"8000-8010:90", {"90/tcp"}}}) {
    CHECK_MESSAGE(ports(c.words) == c.expected, c.words);
  }
}

// G08
TEST_CASE("ports that cannot be are refused with the part that is wrong") {
  struct Case {
    const char* words;
    const char* message;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"/tcp", "invalid port: \"/tcp\": no port specified @2"},
           {"80:", "invalid port: \"80:\": no port specified @2"},
           {"http", "invalid containerPort: http @2"},
           {"65536", "invalid containerPort: 65536 @2"},
           {"-1", "invalid containerPort: -1 @2"},
           {"3-1", "invalid containerPort: 3-1 @2"},
           {"1-", "invalid containerPort: 1- @2"},
           {"1-2-3", "invalid containerPort: 1-2-3 @2"},
           {"80/tls", "invalid port: \"80/tls\": invalid proto: tls @2"},
           {"80/tcp/udp", "invalid port: \"80/tcp/udp\": invalid proto: tcp/udp @2"},
           {"x:80", "invalid hostPort: x @2"},
           {"host:1:80", "invalid IP address: host @2"},
           {"1-2:80-82",
            "invalid ranges specified for container and host Ports: 80-82 and 1-2 @2"}}) {
    PlanTest t;
    CHECK_MESSAGE(t.refused("FROM base\nEXPOSE " + std::string(c.words) + "\n") == c.message,
                  c.words);
  }
}

TEST_CASE("ports add to those of the base") {
  PlanTest t;
  t.images.add("web").exposed_ports = {"80/tcp"};
  CHECK(t.plan("FROM web\nEXPOSE 443\n").config.exposed_ports.size() == 2);
}
