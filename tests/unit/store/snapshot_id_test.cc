// SPDX-License-Identifier: Apache-2.0
#include "store/snapshot_id.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace cairn;
using namespace cairn::store;

TEST_CASE("an id reads back from its text, and so does that of the empty root") {
  SnapshotId id = SnapshotId::random();
  CHECK(!id.is_empty_root());
  CHECK(SnapshotId::parse(id.text()) == id);
  CHECK(SnapshotId::random() != id);
  CHECK(SnapshotId::empty_root().text().empty());
  CHECK(SnapshotId::parse("").is_empty_root());
}

TEST_CASE("no id leaves its directory, or adds an option to a mount") {
  for (const char* text :
       {".", "..", "../x", "/", "a/b", "a:b", "a,upperdir=b", "a\\b", "a b", "a\n", ".hidden"}) {
    CHECK_MESSAGE(!SnapshotId::find(text), text);
    CHECK_THROWS_AS(SnapshotId::parse(text), Error);
  }
  CHECK(!SnapshotId::find(std::string_view("a\0b", 3)));
  CHECK(SnapshotId::find(std::string(64, 'a')));
  CHECK(!SnapshotId::find(std::string(65, 'a')));
}
