// SPDX-License-Identifier: Apache-2.0
#include "sandbox/id_map.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace cairn;
using namespace cairn::sandbox;

TEST_CASE("an id map of the kernel is read and written") {
  IdMap map = parse_id_map("         0       1000          1\n         1     100000      65536\n");
  CHECK(map == IdMap{{0, 1000, 1}, {1, 100000, 65536}});
  CHECK(id_map_text(map) == "0 1000 1\n1 100000 65536\n");
  CHECK(parse_id_map("0 0 4294967295\n") == IdMap{{0, 0, 4294967295}});
  CHECK(parse_id_map("").empty());
  CHECK_THROWS_AS(parse_id_map("0 0\n"), Error);
  CHECK_THROWS_AS(parse_id_map("0 0 4294967296\n"), Error);
}

TEST_CASE("an identity map keeps the extents apart, since the kernel takes none that spans two") {
  CHECK(identity_of({{0, 1000, 1}, {1, 100000, 65536}}) == IdMap{{0, 0, 1}, {1, 1, 65536}});
}

TEST_CASE("an id is mapped when an extent holds it") {
  IdMap map{{0, 1000, 1}, {10, 100000, 5}};
  CHECK(maps(map, 0));
  CHECK_FALSE(maps(map, 1));
  CHECK(maps(map, 10));
  CHECK(maps(map, 14));
  CHECK_FALSE(maps(map, 15));
  CHECK(maps({{0, 0, 4294967295}}, 4294967294));
}

TEST_CASE("subordinate ids are found by name and by number, in the order of the file") {
  const char* text =
      "# a comment\n"
      "alice:100000:65536\n"
      "bob:165536:65536\n"
      "1000:300000:1000\n"
      "alice:400000:10\n";
  CHECK(parse_sub_ids(text, "alice", 1000) ==
        std::vector<SubIds>{{100000, 65536}, {300000, 1000}, {400000, 10}});
  CHECK(parse_sub_ids(text, "", 1000) == std::vector<SubIds>{{300000, 1000}});
  CHECK(parse_sub_ids(text, "carol", 1001).empty());
}

TEST_CASE("lines of subuid that make no sense are passed over") {
  for (const char* line :
       {"alice", "alice:1", "alice:x:10", "alice:10:", "alice:-1:5", "alice:10:0",
        "alice:4294967290:10", "alice:99999999999:1", "alice:1:2:3", ":1:2", ""}) {
    CHECK(parse_sub_ids(line, "alice", 1000).empty());
  }
}

TEST_CASE("an overlapping range is taken once") {
  CHECK(parse_sub_ids("alice:100000:65536\n1000:100000:65536\nalice:165000:10\n", "alice", 1000) ==
        std::vector<SubIds>{{100000, 65536}});
}

TEST_CASE("root inside is the user, and lent ids follow without a gap") {
  CHECK(map_with_sub_ids(1000, {{100000, 65536}, {300000, 10}}) ==
        IdMap{{0, 1000, 1}, {1, 100000, 65536}, {65537, 300000, 10}});
  CHECK(map_with_sub_ids(1000, {}) == IdMap{{0, 1000, 1}});
  // A range around the user's own id would map it twice.
  CHECK(map_with_sub_ids(1000, {{500, 1000}}) == IdMap{{0, 1000, 1}});
}
