// SPDX-License-Identifier: Apache-2.0
#include "registry/internal/reach.h"

#include <doctest/doctest.h>

using namespace cairn::registry;

TEST_CASE("an address lies where its block does, whatever form it has") {
  struct {
    Reach reach;
    const char* addresses[24];
  } cases[] = {
      {Reach::kPublic,
       {"8.8.8.8", "203.0.113.5", "192.0.1.1", "100.63.0.1", "172.32.0.1", "2a00:1450::1",
        "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1", "198.17.0.1"}},
      {Reach::kPrivate,
       {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "192.0.0.1",
        "198.18.0.1", "224.0.0.1", "255.255.255.255", "fd12::1", "fc00::1", "ff02::1", "fec0::1",
        "64:ff9b::a00:1", "64:ff9b:1::a00:1", "::ffff:192.168.0.1", "2002:a00:1::", "::10.0.0.1"}},
      {Reach::kLinkLocal,
       {"169.254.169.254", "169.254.0.0", "fe80::1", "fe80::1%lo", "febf::1",
        "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::a9fe:a9fe",
        "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"}},
      {Reach::kLoopback,
       {"127.0.0.1", "127.255.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "64:ff9b::7f00:1"}},
  };
  for (const auto& c : cases) {
    for (const char* address : c.addresses) {
      if (address == nullptr) break;
      CAPTURE(address);
      CHECK(find_reach(address) == c.reach);
    }
  }
  CHECK(!find_reach("example.com"));
  CHECK(!find_reach(""));
}

TEST_CASE("the public network leads nowhere else, and nothing leads to link-local addresses") {
  OffLimits from_public = OffLimits::after(Reach::kPublic);
  for (Reach to : {Reach::kPrivate, Reach::kLinkLocal, Reach::kLoopback}) {
    CHECK(from_public.covers(to));
  }
  CHECK(!from_public.covers(Reach::kPublic));
  for (Reach from : {Reach::kPrivate, Reach::kLoopback, Reach::kLinkLocal}) {
    CHECK(OffLimits::after(from).covers(Reach::kLinkLocal));
    CHECK(!OffLimits::after(from).covers(Reach::kPrivate));
    CHECK(!OffLimits::after(from).covers(Reach::kLoopback));
  }
}
