// SPDX-License-Identifier: Apache-2.0
//
// The records of a store as a cache backend.
#include "cache/local_cache.h"

#include "tests/unit/store/store_fixture.h"

using namespace cairn;
using namespace cairn::cache;

TEST_CASE("a record that was evicted is a miss that says so, until the step runs again") {
  test::StoreFixture f;
  LocalCache cache(f.store);
  CacheKey key;
  key.add("op", "a");
  store::SnapshotId snapshot = f.snapshot();
  cache.put(key.step_key(), snapshot, to_text(StepRecord{key.inputs}));
  REQUIRE(cache.find(key.step_key()));
  CHECK(cache.explain_absence(StepKey::of("another key")).reason == MissReason::kNoRecord);
  f.store.records().evict({snapshot}, "over its bounds");
  CHECK(!cache.find(key.step_key()));
  Miss miss = cache.explain_absence(key.step_key());
  CHECK(miss.reason == MissReason::kSnapshotGone);
  REQUIRE(miss.details.size() == 2);
  CHECK(miss.details[1] == std::pair<std::string, std::string>("evicted for", "over its bounds"));
}
