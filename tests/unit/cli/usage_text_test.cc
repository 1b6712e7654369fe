// SPDX-License-Identifier: Apache-2.0
#include "cli/store/usage_text.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "cli/store/space_options.h"

using namespace cairn;
using namespace cairn::cli;
using store::UsageKind;
using store::UsageRecord;

namespace {

bool matches(const UsageRecord& record, std::vector<std::string> filters) {
  return parse_filters(filters)(record);
}

}  // namespace

TEST_CASE("filters choose as those of buildx do") {
  UsageRecord step{.id = "abc123",
                   .parents = {store::SnapshotId::parse("p1")},
                   .inputs = R"([["op","run"],["argv","make"]])"};
  step.last_used = {.seconds = now().seconds - 7200};
  step.recorded = true;
  UsageRecord mount{.kind = UsageKind::kCacheMount, .id = "def", .name = "go"};
  mount.last_used = now();
  struct {
    std::vector<std::string> filters;
    bool takes_step;
    bool takes_mount;
  } cases[] = {
      {{}, true, true},
      {{"until=1h"}, true, false},
      {{"unused-for=3h"}, false, false},
      {{"until=2100-01-01T00:00:00Z"}, true, true},
      {{"until=1000"}, false, false},
      {{"id=bc1"}, true, false},
      {{"id!=def"}, true, false},
      {{"type=exec.cachemount"}, false, true},
      {{"type!=exec.cachemount"}, true, false},
      {{"type=regular", "until=1h"}, true, false},
      {{"description~=cache .* go"}, false, true},
      {{"description~=RUN"}, true, false},
      {{"parents=p1"}, true, false},
      {{"mutable"}, false, true},
      {{"immutable=true"}, true, false},
      {{"inuse"}, false, false},
      {{"private"}, true, true},
      {{"shared"}, false, false},
  };
  for (const auto& c : cases) {
    CHECK(matches(step, c.filters) == c.takes_step);
    CHECK(matches(mount, c.filters) == c.takes_mount);
  }
  step.needed = true;
  CHECK(matches(step, {"inuse"}));
  CHECK(matches(step, {"shared"}));
}

TEST_CASE("a description has no login of a URL") {
  UsageRecord step{.id = "a", .inputs = R"([["op","run"],["argv","get http://u:PW@h/x"]])"};
  CHECK(description_of(step).find("http://xxxxx:xxxxx@h/x") != std::string::npos);
  CHECK(description_of({.kind = UsageKind::kCacheMount, .id = "b", .name = "http://u:PW@h"}) ==
        "cache mount http://xxxxx:xxxxx@h");
}

TEST_CASE("a filter that means nothing is refused") {
  for (const char* filter : {"", "colour=red", "until", "until=soon", "id~=[", "mutable=maybe"}) {
    CHECK_THROWS_AS(parse_filters({filter}), Error);
  }
}

TEST_CASE("an image is as old as it says, whenever it came") {
  UsageRecord image{.kind = UsageKind::kImage, .id = "sha256:1"};
  image.created = {.seconds = 1000};
  image.last_used = now();
  CHECK(matches(image, {"until=1h"}));
}

TEST_CASE("an amount of space is a size or a part of the disk") {
  sys::DiskSpace disk{.total = 1000, .free = 10};
  CHECK(parse_space("10k", "x").of(disk) == 10240);
  CHECK(parse_space("20%", "x").of(disk) == 200);
  for (const char* text : {"", "%", "101%", "-1", "much", "1.5%"}) {
    CHECK_THROWS_AS(parse_space(text, "x"), Error);
  }
  store::SpaceBounds otherwise{.max_used = 5, .min_free = 6, .reserved = 7};
  CHECK(bounds_of({}, disk, otherwise) == otherwise);
  CHECK(bounds_of({.max_used = "10%", .min_free = "0", .reserved = ""}, disk, otherwise) ==
        store::SpaceBounds{.max_used = 100, .reserved = 7});
}
