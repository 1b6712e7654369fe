// SPDX-License-Identifier: Apache-2.0
#include "oci/descriptor.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/json.h"
#include "oci/limits.h"
#include "oci/manifest.h"

using namespace cairn;
using namespace cairn::oci;

namespace {

const std::string kDigestText = Digest::of("x").str();

Json valid() {
  return {{"mediaType", kOciLayer}, {"digest", kDigestText}, {"size", 1}};
}

std::string descriptor_refusal(const Json& json) {
  try {
    parse_descriptor(json);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kCorrupt);
    return error.message();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a descriptor keeps all its parts on the way through") {
  Json json = valid();
  json["annotations"] = {{"a", "b"}, {"", ""}};
  json["platform"] = {{"os", "windows"}, {"architecture", "amd64"}, {"os.version", "10.0.1"}};
  json["artifactType"] = "text/x";
  json["urls"] = {"https://example.com/blob"};
  CHECK(to_json(parse_descriptor(json)) == json);
}

TEST_CASE("null stands for absent in a descriptor") {
  Json json = valid();
  for (const char* key : {"annotations", "platform", "artifactType", "urls"}) json[key] = nullptr;
  CHECK(parse_descriptor(json) == parse_descriptor(valid()));
}

TEST_CASE("a descriptor's values must have their types") {
  struct {
    const char* key;
    Json value;
    const char* expected;
  } cases[] = {{"mediaType", 7, "a string"},
               {"digest", 7, "a string"},
               {"size", "1", "a whole number"},
               {"size", 1.5, "a whole number"},
               {"size", true, "a whole number"},
               {"annotations", Json::array(), "an object"},
               {"annotations", {{"a", 1}}, "a map of strings"},
               {"platform", "linux/amd64", "an object"},
               {"urls", "https://x", "a list of strings"},
               {"urls", Json::array({1}), "a list of strings"}};
  for (const auto& c : cases) {
    CAPTURE(c.key);
    Json json = valid();
    json[c.key] = c.value;
    CHECK(descriptor_refusal(json) ==
          std::string("descriptor: \"") + c.key + "\" is not " + c.expected);
  }
  for (const Json& none : {Json(), Json("x"), Json(7), Json::array()}) {
    CHECK(descriptor_refusal(none) == "descriptor is not a JSON object");
  }
}

TEST_CASE("a digest is sha256 with 64 lower-case digits, and nothing that could be a path") {
  std::string hex = Digest::of("x").hex();
  std::string upper = hex;
  upper[0] = 'A';
  for (const std::string& digest :
       {hex, "sha256:" + hex.substr(1), "sha256:" + hex + "0", "sha256:" + upper, "sha512:" + hex,
        "SHA256:" + hex, " sha256:" + hex, "sha256:" + hex + "\n", "sha256:../" + hex.substr(3),
        "sha256:" + std::string(64, '/'), "sha256:" + hex.substr(1) + std::string(1, '\0')}) {
    CAPTURE(digest);
    Json json = valid();
    json["digest"] = digest;
    CHECK(descriptor_refusal(json).ends_with("is not a sha256 digest"));
  }
  Json json = valid();
  json.erase("digest");
  CHECK(descriptor_refusal(json) == "descriptor has no \"digest\"");
}

TEST_CASE("a blob's size lies between nothing and what a disk could hold") {
  struct {
    Json size;
    bool fits;
  } cases[] = {{0, true},          {kMaxBlobSize, true}, {kMaxBlobSize + 1, false}, {-1, false},
               {INT64_MAX, false}, {INT64_MIN, false},   {UINT64_MAX, false}};
  for (const auto& c : cases) {
    CAPTURE(c.size.dump());
    Json json = valid();
    json["size"] = c.size;
    CHECK((descriptor_refusal(json) == "accepted") == c.fits);
  }
}

TEST_CASE("a list of descriptors fails with its one bad entry") {
  Json bad = valid();
  bad["size"] = -1;
  Json manifest{
      {"schemaVersion", 2}, {"config", valid()}, {"layers", Json::array({valid(), bad, valid()})}};
  CHECK_THROWS_AS(parse_manifest(manifest.dump()), Error);
  manifest["layers"].erase(1);
  CHECK(parse_manifest(manifest.dump()).layers.size() == 2);
}
