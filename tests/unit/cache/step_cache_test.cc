// SPDX-License-Identifier: Apache-2.0
//
// When a recorded result may be used, on a backend in memory.
#include "cache/step_cache.h"

#include <doctest/doctest.h>

#include "tests/support/memory_cache.h"

using namespace cairn;
using namespace cairn::cache;

namespace {

CacheKey key_of(const std::string& text) {
  CacheKey key;
  key.add("op", text);
  return key;
}

struct Fixture {
  std::map<std::string, std::string> parents = {{"base", ""}, {"step", "base"}, {"again", "base"}};
  test::MemoryCache backend{[this](const std::string& snapshot) -> std::optional<std::string> {
    auto found = parents.find(snapshot);
    return found != parents.end() ? std::optional(found->second) : std::nullopt;
  }};
  StepCache cache{backend};
};

}  // namespace

TEST_CASE("a step is found on the parent that it was made on, and on no other") {
  Fixture f;
  f.cache.put_step(key_of("a"), "step");
  auto found = f.cache.find(key_of("a").digest(), "base");
  REQUIRE(found);
  CHECK(found->snapshot == "step");
  CHECK(found->key == key_of("a").digest());
  CHECK(!f.cache.find(key_of("a").digest(), "base of another build"));
  CHECK(!f.cache.find(key_of("b").digest(), "base"));
}

TEST_CASE("a step that gave an empty root stands on any parent") {
  Fixture f;
  f.cache.put_step(key_of("a"), "");
  CHECK(f.cache.find(key_of("a").digest(), "base"));
}

TEST_CASE("a step whose snapshot is gone is not found") {
  Fixture f;
  f.cache.put_step(key_of("a"), "step");
  f.parents.erase("step");
  CHECK(!f.cache.find(key_of("a").digest(), "base"));
}

TEST_CASE("a miss has its reason, and names what differs") {
  using Details = std::vector<std::pair<std::string, std::string>>;
  Fixture f;
  Digest key = key_of("a").digest();
  Miss why{.reason = MissReason::kOtherSources, .details = {{"left", "over"}}};
  CHECK(!f.cache.find(key, "base", &why));
  CHECK(why.reason == MissReason::kNoRecord);
  CHECK(why.details.empty());
  f.cache.put_step(key_of("a"), "step");
  CHECK(!f.cache.find(key, "again", &why));
  CHECK(why.reason == MissReason::kOtherParent);
  CHECK(why.details == Details{{"parent", "again"}, {"recorded parent", "base"}});
  f.cache.put_sources(key, "step", {"stage"});
  CHECK(!f.cache.find_from(key, "base", {"stage run again"}, &why));
  CHECK(why.reason == MissReason::kOtherSources);
  CHECK(why.details == Details{{"source", "stage run again"}, {"recorded source", "stage"}});
  f.parents.erase("step");
  CHECK(!f.cache.find(key, "base", &why));
  CHECK(why.reason == MissReason::kSnapshotGone);
}

TEST_CASE("an alias leads to the key of the step") {
  Fixture f;
  f.cache.put_step(key_of("a"), "step");
  f.cache.put_alias(key_of("other"), {.key = key_of("a").digest(), .snapshot = "step"});
  auto found = f.cache.find(key_of("other").digest(), "base");
  REQUIRE(found);
  CHECK(found->key == key_of("a").digest());
}

TEST_CASE("a key is no alias of itself") {
  Fixture f;
  f.cache.put_step(key_of("a"), "step");
  f.cache.put_alias(key_of("a"), {.key = key_of("a").digest(), .snapshot = "step"});
  CHECK(f.cache.find_record<StepRecord>(key_of("a").digest()));
}

TEST_CASE("a step that copies from stages is found with the stages it was copied from") {
  Fixture f;
  Digest key = key_of("a").digest();
  f.cache.put_step(key_of("a"), "step");
  CHECK(!f.cache.find_from(key, "base", {"stage"}));
  f.cache.put_sources(key, "step", {"stage"});
  CHECK(f.cache.find_from(key, "base", {"stage"}));
  CHECK(!f.cache.find_from(key, "base", {"the stage run again"}));
  CHECK(!f.cache.find_from(key, "base", {"stage", "stage"}));
}

TEST_CASE("a result from other stages takes the place of the one before") {
  Fixture f;
  Digest key = key_of("a").digest();
  f.cache.put_step(key_of("a"), "step");
  f.cache.put_sources(key, "step", {"stage"});
  f.cache.put_step(key_of("a"), "again");
  f.cache.put_sources(key, "again", {"the stage run again"});
  CHECK(!f.cache.find_from(key, "base", {"stage"}));
  CHECK(f.cache.find_from(key, "base", {"the stage run again"})->snapshot == "again");
}

TEST_CASE("a record of another kind is not found") {
  Fixture f;
  f.cache.put_record(key_of("a").digest(), "step", CopyHistoryRecord{"/app"});
  CHECK(!f.cache.find_record<UnreadCopiesRecord>(key_of("a").digest()));
  auto history = f.cache.find_record<CopyHistoryRecord>(key_of("a").digest());
  REQUIRE(history);
  CHECK(history->record.directory == "/app");
  CHECK(history->snapshot == "step");
}
