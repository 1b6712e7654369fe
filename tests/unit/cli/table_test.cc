// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include <doctest/doctest.h>

using namespace cairn::cli;

TEST_CASE("columns are as wide as their widest cell, lines end without spaces") {
  Table table({"NAME", "SIZE"});
  table.add({"a-long-name", "1kB"});
  table.add({"b", ""});
  CHECK(table.text() == "NAME          SIZE\na-long-name   1kB\nb\n");
}

TEST_CASE("a time that nobody knows is not a long time ago") {
  CHECK(ago({}) == "N/A");
}
