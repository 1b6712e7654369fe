// SPDX-License-Identifier: Apache-2.0
#include "exec/resolv_conf.h"

#include <doctest/doctest.h>

namespace cairn::exec {

TEST_CASE("a resolver on the host's loopback is asked by way of the helper") {
  struct Case {
    const char* host;
    const char* step;
  };
  for (const Case& c : {
           Case{"nameserver 127.0.0.53\noptions edns0\nsearch lan\n",
                "nameserver 10.0.2.3\noptions edns0\nsearch lan\n"},
           Case{"nameserver 127.0.0.11", "nameserver 10.0.2.3\n"},
           Case{"nameserver ::1\n", "nameserver 10.0.2.3\n"},
           Case{"nameserver\t127.0.0.1 \n", "nameserver 10.0.2.3\n"},
           // glibc's default, when none is named, is the loopback too.
           Case{"# nothing\n", "nameserver 10.0.2.3\n# nothing\n"},
           Case{"", "nameserver 10.0.2.3\n"},
       }) {
    CHECK(private_resolv_conf(c.host, "10.0.2.3") == c.step);
  }
}

TEST_CASE("a resolver that is reached by IPv4 stays, in its place") {
  CHECK(private_resolv_conf("search a b\nnameserver 192.0.2.1\nnameserver 127.0.0.1\n"
                            "nameserver ::1\n",
                            "10.0.2.3") ==
        "nameserver 192.0.2.1\nnameserver 10.0.2.3\nsearch a b\n");
  CHECK(private_resolv_conf("nameserver 192.0.2.1\n", "10.0.2.3") == "nameserver 192.0.2.1\n");
}

TEST_CASE("a resolver that only IPv6 reaches is asked by the host") {
  CHECK(private_resolv_conf("nameserver fe80::1%eth0\nnameserver 2001:db8::1\n", "10.0.2.3") ==
        "nameserver 10.0.2.3\n");
}

}  // namespace cairn::exec
