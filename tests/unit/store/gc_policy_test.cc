// SPDX-License-Identifier: Apache-2.0
//
// What a bound lets go, as a choice over values.
#include "store/gc_policy.h"

#include <doctest/doctest.h>

using namespace cairn;
using namespace cairn::store;

namespace {

constexpr sys::DiskSpace kDisk{.total = 1000, .free = 500, .available = 500};

UsageRecord layer(std::string id, std::string_view parent, std::int64_t size,
                  std::int64_t last_used) {
  UsageRecord record{.id = std::move(id), .size = size, .last_used = {.seconds = last_used}};
  if (!parent.empty()) record.parents = {SnapshotId::parse(parent)};
  record.recorded = true;
  return record;
}

UsageRecord of_kind(UsageKind kind, UsageRecord record) {
  record.kind = kind;
  return record;
}

UsageRecord needed(UsageRecord record) {
  record.needed = true;
  return record;
}

UsageRecord used(UsageRecord record) {
  record.in_use = true;
  return record;
}

UsageRecord linked(UsageRecord record, const std::vector<std::string>& origins,
                   std::int64_t bytes = 100) {
  record.linked = bytes;
  for (const std::string& id : origins) record.origins.push_back(SnapshotId::parse(id));
  return record;
}

std::string ids(const std::vector<UsageRecord>& usage) {
  std::string text;
  for (const UsageRecord& record : usage) text += record.id + " ";
  if (!text.empty()) text.pop_back();
  return text;
}

GcPolicy below(std::int64_t max_used) {
  return {.bounds = {.max_used = max_used}};
}

}  // namespace

TEST_CASE("what goes is what was not used for longest, and no more than the bound asks for") {
  std::vector<UsageRecord> all = {layer("new", "", 10, 30), layer("old", "", 10, 10),
                                  layer("mid", "", 10, 20)};
  struct {
    GcPolicy gc_policy;
    const char* evicted;
    std::int64_t freed;
  } cases[] = {
      {{}, "old mid new", 30},       {below(100), "", 0},    {below(30), "", 0},
      {below(29), "old", 10},        {below(20), "old", 10}, {below(19), "old mid", 20},
      {below(1), "old mid new", 30},
  };
  for (const auto& c : cases) {
    Choice choice = choose(all, c.gc_policy, kDisk);
    CHECK(ids(choice.evicted) == c.evicted);
    CHECK(choice.freed == c.freed);
  }
}

TEST_CASE("what stands on something goes before it, and once, whoever shares it") {
  std::vector<UsageRecord> all = {layer("base", "", 100, 9), layer("a", "base", 10, 5),
                                  layer("b", "base", 10, 9), layer("a2", "a", 10, 1)};
  CHECK(ids(choose(all, {}, kDisk).evicted) == "a2 a b base");
  Choice choice = choose(all, below(115), kDisk);
  CHECK(ids(choice.evicted) == "a2 a");
  CHECK(choice.freed == 20);
  CHECK(disposable(all) == 130);
}

TEST_CASE("what a named image needs, and what this process uses, stays whatever the bound") {
  std::vector<UsageRecord> all = {needed(layer("base", "", 100, 1)),
                                  needed(layer("app", "base", 50, 1)),
                                  layer("cache", "base", 10, 2),
                                  used(layer("now", "", 10, 3)),
                                  used(layer("result", "now", 10, 3)),
                                  needed(of_kind(UsageKind::kImage, layer("image", "app", 5, 1)))};
  CHECK(ids(choose(all, below(1), kDisk).evicted) == "cache");
  // Only what can be made again counts against the bound.
  CHECK(disposable(all) == 30);
  CHECK(choose(all, below(30), kDisk).evicted.empty());
}

TEST_CASE("an image without a name goes before the layers it stands on") {
  std::vector<UsageRecord> all = {layer("base", "", 10, 1), layer("top", "base", 10, 1),
                                  of_kind(UsageKind::kImage, layer("image", "top", 1, 5))};
  CHECK(ids(choose(all, {}, kDisk).evicted) == "image top base");
  auto no_images = [](const UsageRecord& h) { return h.kind != UsageKind::kImage; };
  CHECK(choose(all, {.matches = no_images}, kDisk).evicted.empty());
}

TEST_CASE("a filter keeps what it does not match, and all that stands below") {
  std::vector<UsageRecord> all = {layer("base", "", 10, 1), layer("top", "base", 10, 50),
                                  layer("other", "", 10, 2),
                                  of_kind(UsageKind::kCacheMount, layer("mount", "", 10, 3))};
  auto unused_since = [](std::int64_t time) {
    return GcPolicy{.matches = [time](const UsageRecord& h) { return h.last_used.seconds < time; }};
  };
  CHECK(ids(choose(all, unused_since(10), kDisk).evicted) == "other mount");
  CHECK(ids(choose(all, unused_since(3), kDisk).evicted) == "other");
  auto mounts = [](const UsageRecord& h) { return h.kind == UsageKind::kCacheMount; };
  CHECK(ids(choose(all, {.matches = mounts}, kDisk).evicted) == "mount");
}

TEST_CASE("files that a layer shares with one that stays are not freed with it") {
  std::vector<UsageRecord> all = {layer("first", "", 100, 1),
                                  linked(layer("second", "", 1, 2), {"first"}),
                                  linked(layer("third", "", 2, 3), {"first", "second"})};
  Choice choice = choose(all, below(103), kDisk);
  CHECK(choice.evicted.empty());
  choice = choose(all, below(101), kDisk);
  CHECK(ids(choice.evicted) == "first second third");
  CHECK(choice.freed == 103);

  all[2].in_use = true;
  choice = choose(all, below(50), kDisk);
  CHECK(ids(choice.evicted) == "first second");
  CHECK(choice.freed == 1);
  CHECK(choice.passed_on.at(SnapshotId::parse("third")) == 100);
}

TEST_CASE("a layer that took one small file out of a large one keeps no more than that") {
  std::vector<UsageRecord> all = {layer("fat", "", 1000, 1),
                                  needed(linked(layer("slim", "", 1, 2), {"fat"}, 5))};
  Choice choice = choose(all, below(10), kDisk);
  CHECK(ids(choice.evicted) == "fat");
  CHECK(choice.freed == 995);
  CHECK(choice.passed_on.at(SnapshotId::parse("slim")) == 5);
}

TEST_CASE("with -a, steps are records_dropped whose layers images need") {
  std::vector<UsageRecord> all = {needed(layer("base", "", 10, 1)), layer("cache", "base", 10, 1)};
  CHECK(choose(all, {}, kDisk).records_dropped.empty());
  Choice choice = choose(all, {.forget_needed = true}, kDisk);
  CHECK(ids(choice.evicted) == "cache");
  CHECK(ids(choice.records_dropped) == "base");
  CHECK(choice.freed == 10);
}

TEST_CASE("bounds mean what BuildKit means by them") {
  struct {
    SpaceBounds bounds;
    std::int64_t free;
    std::optional<std::int64_t> keep;  // of 300 bytes
  } cases[] = {
      {{}, 0, std::nullopt},
      {{.max_used = 200}, 0, 200},
      {{.min_free = 100}, 500, 300},
      {{.min_free = 100}, 40, 240},
      {{.max_used = 200, .min_free = 100}, 500, 200},
      {{.max_used = 200, .min_free = 300}, 50, 50},
      {{.max_used = 200, .min_free = 300, .reserved = 80}, 50, 80},
      {{.min_free = 900}, 100, 0},
      {{.reserved = 50}, 0, 50},
      {{.max_used = 10, .reserved = 50}, 0, 50},
  };
  for (const auto& c : cases) {
    CHECK(bytes_to_keep(c.bounds, 300, {.total = 1000, .free = c.free, .available = c.free}) ==
          c.keep);
  }
}

TEST_CASE("the bounds of a disk are BuildKit's, and most disks need no closer look") {
  constexpr std::int64_t kGb = 1'000'000'000;
  SpaceBounds small = default_bounds({.total = 100 * kGb});
  CHECK(small == SpaceBounds{.max_used = 80 * kGb, .min_free = 20 * kGb, .reserved = 10 * kGb});
  SpaceBounds large = default_bounds({.total = 1000 * kGb});
  CHECK(large == SpaceBounds{.max_used = 100 * kGb, .min_free = 200 * kGb, .reserved = 10 * kGb});
  CHECK(!can_exceed(large, {.total = 1000 * kGb, .free = 950 * kGb, .available = 940 * kGb}));
  CHECK(can_exceed(large, {.total = 1000 * kGb, .free = 850 * kGb, .available = 840 * kGb}));
  CHECK(can_exceed(large, {.total = 1000 * kGb, .free = 950 * kGb, .available = 150 * kGb}));
  CHECK(can_exceed(small, {.total = 100 * kGb, .free = 10 * kGb, .available = 10 * kGb}));
  CHECK(!can_exceed({}, {.total = 100}));
}
