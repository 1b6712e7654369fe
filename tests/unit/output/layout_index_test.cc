// SPDX-License-Identifier: Apache-2.0
//
// What stays of a layout's index when images are added to it.
#include "output/internal/layout_index.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace cairn;
using cairn::output::internal::merged_index;

namespace {

Json entry(const std::string& digest, const std::string& name, const std::string& tag) {
  Json out = {{"digest", digest}};
  if (!name.empty()) out["annotations"]["io.containerd.image.name"] = name;
  if (!tag.empty()) out["annotations"]["org.opencontainers.image.ref.name"] = tag;
  return out;
}

std::string digests(const Json& index) {
  std::string out;
  for (const Json& one : index["manifests"]) out += one["digest"].get<std::string>() + " ";
  return out;
}

}  // namespace

TEST_CASE("an entry is replaced by one of its name, and by no other") {
  Json there = {
      {"schemaVersion", 2},
      {"annotations", {{"by", "another"}}},
      {"manifests",
       {entry("a", "docker.io/library/l:1", "1"), entry("b", "docker.io/library/m:1", "1"),
        entry("c", "", "2"), entry("d", "", ""), entry("e", "", "")}}};
  struct Case {
    const char* what;
    Json added;
    const char* left;
  };
  for (const Case& c :
       {Case{"a new name", Json::array({entry("n", "docker.io/library/n:3", "3")}), "a b c d e n "},
        Case{"the same name", Json::array({entry("n", "docker.io/library/l:1", "1")}),
             "b c d e n "},
        Case{"the tag of an entry without a name",
             Json::array({entry("n", "docker.io/library/l:2", "2")}), "a b d e n "},
        Case{"no name", Json::array({entry("d", "", "")}), "a b c e d "}}) {
    CAPTURE(c.what);
    Json merged = merged_index(there, c.added, "index.json");
    CHECK(digests(merged) == c.left);
    CHECK(merged["annotations"]["by"] == "another");
  }
}

TEST_CASE("what is no index is not written over") {
  for (const Json& there : {Json::array(), Json(7), Json::object(), Json{{"manifests", "x"}},
                            Json{{"manifests", {1, 2}}}}) {
    try {
      merged_index(there, Json::array(), "/lay/index.json");
      FAIL("merged");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kUsage);
      CHECK(error.message().find("/lay/index.json") != std::string::npos);
    }
  }
}
