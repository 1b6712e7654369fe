// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "kernel_support.h"

using namespace cairn;
using namespace cairn::sandbox;
using namespace cairn::sandbox::test;

TEST_CASE("a command runs in its root, and its exit code comes back") {
  BusyboxRoot root;
  Result result = run("echo hello; ls /; exit 7", root);
  CHECK(result.output == "hello\nbin\ndev\netc\nproc\nsys\ntmp\n");
  CHECK(result.status.code == 7);
}
