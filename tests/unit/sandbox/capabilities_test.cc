// SPDX-License-Identifier: Apache-2.0
#include "sandbox/capabilities.h"

#include <doctest/doctest.h>
#include <linux/capability.h>

using namespace cairn::sandbox;

TEST_CASE("steps have docker's fourteen capabilities") {
  CHECK(default_capabilities().bits() == 0xa80425fb);  // CapEff in a container of docker
  CHECK_FALSE(default_capabilities().has(CAP_SYS_ADMIN));
}

TEST_CASE("one set has another when nothing is missing") {
  CapabilitySet small{CAP_CHOWN}, large{CAP_CHOWN, CAP_KILL};
  CHECK(large.has_all(small));
  CHECK_FALSE(small.has_all(large));
  CHECK(small.has_all(CapabilitySet()));
}
