// SPDX-License-Identifier: Apache-2.0
//
// The text of each kind of record, which stores of earlier versions hold too.
#include "cache/record.h"

#include <doctest/doctest.h>

using namespace cairn;
using namespace cairn::cache;

namespace {

const StepKey of_step = StepKey::of("key");

// Each kind, with the text that stores of earlier versions have.
struct Case {
  Record record;
  std::string text;
};

std::vector<Case> cases() {
  std::string quoted = "\"" + of_step.str() + "\"";
  SnapshotId snap = SnapshotId::parse("snap");
  return {
      {StepRecord{{{"op", "run"}, {"env", "A=1"}, {"env", "B=\"\""}}},
       R"([["op","run"],["env","A=1"],["env","B=\"\""]])"},
      {AliasRecord{.of = of_step, .etag = ""}, R"({"same as":)" + quoted + "}"},
      {AliasRecord{.of = of_step, .etag = "W/\"1\""},
       R"({"etag":"W/\"1\"","same as":)" + quoted + "}"},
      {CopiedLineRecord{}, "{}"},
      {CopyHistoryRecord{"/app"}, R"({"into":"/app"})"},
      {SourcesRecord{{snap, SnapshotId::empty_root()}}, R"(["snap",""])"},
      {UnreadCopiesRecord{}, "[]"},
      {UnreadCopiesRecord{{{.key = of_step, .sources = {snap}}}},
       R"([{"key":)" + quoted + R"(,"sources":["snap"]}])"},
  };
}

}  // namespace

TEST_CASE("a record has the text that stores of earlier versions have") {
  for (const Case& c : cases()) CHECK(to_text(c.record) == c.text);
}

TEST_CASE("a record reads back from its text") {
  for (const Case& c : cases()) {
    CAPTURE(c.text);
    REQUIRE(parse_record(c.text));
    CHECK(*parse_record(c.text) == c.record);
  }
}

TEST_CASE("a text that is no record is absent") {
  for (const char* text : {"", "x", "1", "null", R"({"same as":"none"})", R"({"same as":1})",
                           R"({"into":[]})", R"([["op"]])", R"([["op",1]])", R"([1])", R"(["a",1])",
                           R"([{"key":"none","sources":[]}])", R"([{"sources":[]}])"}) {
    CAPTURE(text);
    CHECK(!parse_record(text));
  }
}
