// SPDX-License-Identifier: Apache-2.0
//
// When a recorded result may be used, on a backend in memory.
#include "cache/step_cache.h"

#include <doctest/doctest.h>

#include <type_traits>

#include "tests/support/memory_cache.h"

using namespace cairn;
using namespace cairn::cache;

// The digest of a blob is no key.
static_assert(!std::is_convertible_v<Digest, StepKey> && !std::is_convertible_v<StepKey, Digest>);

namespace {

const SnapshotId kBase = SnapshotId::parse("base");
const SnapshotId kBaseOfAnotherBuild = SnapshotId::parse("other-base");
const SnapshotId kStep = SnapshotId::parse("step");
const SnapshotId kAgain = SnapshotId::parse("again");
const SnapshotId kStage = SnapshotId::parse("stage");
const SnapshotId kStageAgain = SnapshotId::parse("stage-again");

CacheKey key_of(const std::string& text) {
  CacheKey key;
  key.add("op", text);
  return key;
}

struct Fixture {
  std::map<SnapshotId, SnapshotId> parents = {
      {kBase, SnapshotId::empty_root()}, {kStep, kBase}, {kAgain, kBase}};
  test::MemoryCache backend{[this](const SnapshotId& snapshot) -> std::optional<SnapshotId> {
    auto found = parents.find(snapshot);
    return found != parents.end() ? std::optional(found->second) : std::nullopt;
  }};
  StepCache cache{backend};
};

}  // namespace

TEST_CASE("a step is found on the parent that it was made on, and on no other") {
  Fixture f;
  f.cache.put_step(key_of("a"), kStep);
  auto found = f.cache.find(key_of("a").step_key(), kBase);
  REQUIRE(found);
  CHECK(found->snapshot == kStep);
  CHECK(found->key == key_of("a").step_key());
  CHECK(!f.cache.find(key_of("a").step_key(), kBaseOfAnotherBuild));
  CHECK(!f.cache.find(key_of("b").step_key(), kBase));
}

TEST_CASE("a step that gave an empty root stands on any parent") {
  Fixture f;
  f.cache.put_step(key_of("a"), SnapshotId::empty_root());
  CHECK(f.cache.find(key_of("a").step_key(), kBase));
}

TEST_CASE("a step whose snapshot is gone is not found") {
  Fixture f;
  f.cache.put_step(key_of("a"), kStep);
  f.parents.erase(kStep);
  CHECK(!f.cache.find(key_of("a").step_key(), kBase));
}

TEST_CASE("a miss has its reason, and names what differs") {
  using Details = std::vector<std::pair<std::string, std::string>>;
  Fixture f;
  StepKey key = key_of("a").step_key();
  Miss why{.reason = MissReason::kOtherSources, .details = {{"left", "over"}}};
  CHECK(!f.cache.find(key, kBase, &why));
  CHECK(why.reason == MissReason::kNoRecord);
  CHECK(why.details.empty());
  f.cache.put_step(key_of("a"), kStep);
  CHECK(!f.cache.find(key, kAgain, &why));
  CHECK(why.reason == MissReason::kOtherParent);
  CHECK(why.details == Details{{"parent", "again"}, {"recorded parent", "base"}});
  f.cache.put_sources(key, kStep, {kStage});
  CHECK(!f.cache.find_from(key, kBase, {kStageAgain}, &why));
  CHECK(why.reason == MissReason::kOtherSources);
  CHECK(why.details == Details{{"source", "stage-again"}, {"recorded source", "stage"}});
  f.parents.erase(kStep);
  CHECK(!f.cache.find(key, kBase, &why));
  CHECK(why.reason == MissReason::kSnapshotGone);
}

TEST_CASE("an alias leads to the key of the step") {
  Fixture f;
  f.cache.put_step(key_of("a"), kStep);
  f.cache.put_alias(key_of("other"), {.key = key_of("a").step_key(), .snapshot = kStep});
  auto found = f.cache.find(key_of("other").step_key(), kBase);
  REQUIRE(found);
  CHECK(found->key == key_of("a").step_key());
}

TEST_CASE("a key is no alias of itself") {
  Fixture f;
  f.cache.put_step(key_of("a"), kStep);
  f.cache.put_alias(key_of("a"), {.key = key_of("a").step_key(), .snapshot = kStep});
  CHECK(f.cache.find_record<StepRecord>(key_of("a").step_key()));
}

TEST_CASE("a step that copies from stages is found with the stages it was copied from") {
  Fixture f;
  StepKey key = key_of("a").step_key();
  f.cache.put_step(key_of("a"), kStep);
  CHECK(!f.cache.find_from(key, kBase, {kStage}));
  f.cache.put_sources(key, kStep, {kStage});
  CHECK(f.cache.find_from(key, kBase, {kStage}));
  CHECK(!f.cache.find_from(key, kBase, {kStageAgain}));
  CHECK(!f.cache.find_from(key, kBase, {kStage, kStage}));
}

TEST_CASE("a result from other stages takes the place of the one before") {
  Fixture f;
  StepKey key = key_of("a").step_key();
  f.cache.put_step(key_of("a"), kStep);
  f.cache.put_sources(key, kStep, {kStage});
  f.cache.put_step(key_of("a"), kAgain);
  f.cache.put_sources(key, kAgain, {kStageAgain});
  CHECK(!f.cache.find_from(key, kBase, {kStage}));
  CHECK(f.cache.find_from(key, kBase, {kStageAgain})->snapshot == kAgain);
}

TEST_CASE("a record of another kind is not found") {
  Fixture f;
  f.cache.put_record(key_of("a").step_key(), kStep, CopyHistoryRecord{"/app"});
  CHECK(!f.cache.find_record<UnreadCopiesRecord>(key_of("a").step_key()));
  auto history = f.cache.find_record<CopyHistoryRecord>(key_of("a").step_key());
  REQUIRE(history);
  CHECK(history->record.directory == "/app");
  CHECK(history->snapshot == kStep);
}
