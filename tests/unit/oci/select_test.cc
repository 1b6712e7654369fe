// SPDX-License-Identifier: Apache-2.0
//
// Which image of an index runs where.
#include <doctest/doctest.h>

#include "base/error.h"
#include "base/json.h"
#include "oci/manifest.h"

using namespace cairn;
using namespace cairn::oci;

namespace {

// Entries named by their platform, "" for one without; each has a digest of its place.
Index index_of(const std::vector<std::string>& names) {
  Index index{.manifests = {}};
  for (const std::string& name : names) {
    Descriptor entry{.media_type = std::string(kOciManifest),
                     .digest = Digest::of(std::to_string(index.manifests.size())),
                     .size = 1};
    if (name == "unknown")
      entry.platform = Platform{.os = "unknown", .architecture = "unknown"};
    else if (!name.empty())
      entry.platform = Platform::parse(name);
    index.manifests.push_back(std::move(entry));
  }
  return index;
}

// The place of the entry that is chosen, or -1 and the hint.
int chosen(const std::vector<std::string>& names, const std::string& wanted,
           std::string* hint = nullptr) {
  Index index = index_of(names);
  try {
    const Descriptor& entry = select_manifest(index, Platform::parse(wanted));
    return static_cast<int>(&entry - index.manifests.data());
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kRegistry);
    if (hint != nullptr) *hint = error.hint();
    return -1;
  }
}

}  // namespace

TEST_CASE("the best entry is chosen wherever it stands in the index") {
  using Names = std::vector<std::string>;
  struct {
    Names names;
    const char* wanted;
    int place;
  } cases[] = {
      {{"linux/arm64", "linux/amd64"}, "linux/amd64", 1},
      {{"linux/amd64", "linux/amd64"}, "linux/amd64", 0},  // the first of equals
      {{"linux/arm/v5", "linux/arm/v6", "linux/arm/v7"}, "linux/arm/v6", 1},
      {{"linux/arm/v5", "linux/arm/v7"}, "linux/arm", 1},  // arm alone is v7
      {{"linux/arm/v7", "linux/arm64"}, "linux/arm64", 1},
      {{"linux/arm/v7"}, "linux/arm64", -1},  // no 32-bit image by guess
      {{"linux/amd64/v4", "linux/amd64/v2", "linux/amd64"}, "linux/amd64/v3", 1},
      {{"linux/amd64/v2"}, "linux/amd64", -1},
      {{"linux/386"}, "linux/amd64", -1},
      {{"windows(10.0.1)/amd64", "windows(10.0.2)/amd64"}, "windows(10.0.2)/amd64", 1},
      {{"windows(10.0.1)/amd64"}, "windows(10.0.2)/amd64", -1},
      {{"linux/amd64", "unknown"}, "linux/amd64", 0},
      {{"unknown", "linux/amd64"}, "linux/amd64", 1},
      {{}, "linux/amd64", -1},
  };
  for (const auto& c : cases) {
    CAPTURE(c.wanted);
    CAPTURE(c.place);
    CHECK(chosen(c.names, c.wanted) == c.place);
  }
}

TEST_CASE("a lone entry without a platform is taken as it is, one among several is not") {
  CHECK(chosen({""}, "linux/s390x") == 0);
  CHECK(chosen({"", ""}, "linux/amd64") == -1);
  CHECK(chosen({"", "linux/amd64"}, "linux/amd64") == 1);
  CHECK(chosen({"", "linux/amd64"}, "linux/s390x") == -1);
}

TEST_CASE("the refusal lists what there is, sorted, and no attestations") {
  std::string hint;
  chosen({"linux/s390x", "unknown", "linux/arm/v7", "linux/arm64/v8"}, "linux/amd64", &hint);
  CHECK(hint == "it has: linux/arm/v7, linux/arm64, linux/s390x");
  chosen({"unknown", ""}, "linux/amd64", &hint);
  CHECK(hint == "the index names no platform at all");
}

TEST_CASE("a document is read as what was asked for, or refused") {
  std::string index = canonical(to_json(index_of({"linux/amd64"})));
  CHECK_THROWS_WITH_AS(parse_manifest(index), "expected an image manifest, found an index", Error);
  Descriptor one = index_of({""}).manifests[0];
  std::string manifest = canonical(to_json(Manifest{.config = one, .layers = {one}}));
  CHECK_THROWS_WITH_AS(parse_index(manifest), "expected an image index, found a manifest", Error);
  CHECK(parse_index(index).manifests.size() == 1);
  CHECK(parse_manifest(manifest).layers.size() == 1);
}

TEST_CASE("an index of more entries than anyone makes is refused") {
  Index index = index_of({"linux/amd64"});
  index.manifests.resize(4096, index.manifests[0]);
  CHECK(parse_index(canonical(to_json(index))).manifests.size() == 4096);
  index.manifests.push_back(index.manifests[0]);
  CHECK_THROWS_AS(parse_index(canonical(to_json(index))), Error);
}

TEST_CASE("annotations, subject and artifact type of a manifest survive a round trip") {
  Descriptor one = index_of({""}).manifests[0];
  Manifest manifest{.config = one,
                    .layers = {one, one},
                    .annotations = {{"k", "v"}},
                    .artifact_type = "a/b",
                    .subject = one};
  CHECK(parse_manifest(canonical(to_json(manifest))) == manifest);
  Index index = index_of({"linux/arm/v7", "windows(10.0.1)/amd64", ""});
  index.annotations = {{"k", "v"}};
  CHECK(parse_index(canonical(to_json(index))) == index);
}
