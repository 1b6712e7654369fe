// SPDX-License-Identifier: Apache-2.0
#include "oci/manifest.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/json.h"

using namespace cairn;
using namespace cairn::oci;

namespace {

const Digest kBlobDigest = Digest::of("x");

Json descriptor(std::string_view type) {
  return {{"mediaType", type}, {"digest", kBlobDigest.str()}, {"size", 1}};
}

Json manifest() {
  return {{"schemaVersion", 2},
          {"mediaType", kOciManifest},
          {"config", descriptor(kOciConfig)},
          {"layers", Json::array({descriptor(kOciLayerGzip)})}};
}

Json index_json(const std::vector<std::string>& names) {
  Json list = Json::array();
  for (const std::string& name : names) {
    Json entry = descriptor(kOciManifest);
    entry["platform"] = to_json(Platform::parse(name));
    list.push_back(entry);
  }
  return {{"schemaVersion", 2}, {"manifests", list}};
}

std::string document_refusal(const Json& json, std::string_view content_type = {}) {
  try {
    parse_document(json.dump(), content_type);
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a manifest goes out as it came in") {
  Manifest parsed = parse_manifest(manifest().dump(), kOciManifest);
  CHECK(parsed.layers.size() == 1);
  CHECK(canonical(to_json(parsed)) == canonical(manifest()));
}

TEST_CASE("a document without a type is known by its content") {
  Json json = manifest();
  json.erase("mediaType");
  CHECK(parse_manifest(json.dump(), "application/json").media_type == kOciManifest);
  CHECK(parse_manifest(json.dump(), kDockerManifest).media_type == kDockerManifest);
  CHECK(parse_index(index_json({}).dump()).media_type == kOciIndex);
}

TEST_CASE("a document that is two things at once is refused") {
  Json both = manifest();
  both["manifests"] = Json::array();
  CHECK(document_refusal(both) == "this document is a manifest and an index at once: refused");
  CHECK(document_refusal(manifest(), kOciIndex) ==
        "the manifest calls itself application/vnd.oci.image.manifest.v1+json, the server calls it "
        "application/vnd.oci.image.index.v1+json");
  Json lie = manifest();
  lie["mediaType"] = kOciIndex;
  CHECK(document_refusal(lie).starts_with("the content of this manifest does not fit"));
}

TEST_CASE("hostile manifests are refused") {
  Json json = manifest();
  json["layers"][0]["size"] = -1;
  CHECK(document_refusal(json).ends_with("impossible size -1"));
  json["layers"][0]["size"] = 18446744073709551615ULL;
  CHECK(document_refusal(json) == "descriptor: \"size\" is not a whole number");
  json = manifest();
  json["layers"][0]["digest"] = "sha256:../../../etc/passwd";
  CHECK(document_refusal(json) == "\"sha256:../../../etc/passwd\" is not a sha256 digest");
  json = manifest();
  json["layers"] = Json::array();
  for (int i = 0; i < 501; ++i) json["layers"].push_back(descriptor(kOciLayer));
  CHECK(document_refusal(json) ==
        "manifest: \"layers\" has 501 entries, more than the 500 allowed");
  CHECK(document_refusal(Json::array()) == "manifest is not a JSON object");
  CHECK(document_refusal({{"schemaVersion", 2}}) ==
        "this document is neither an image manifest nor an index");
  CHECK(document_refusal({{"schemaVersion", "2"}}) ==
        "manifest: \"schemaVersion\" is not a whole number");
  CHECK(document_refusal({{"schemaVersion", 1}, {"fsLayers", Json::array()}}).find("schema 1") !=
        std::string::npos);
}

TEST_CASE("an index gives the manifest of a platform, or says which ones it has") {
  Index index = parse_index(index_json({"linux/amd64", "linux/arm/v6"}).dump());
  CHECK(select_manifest(index, Platform::parse("linux/arm/v7")).platform->variant == "v6");
  try {
    select_manifest(index, Platform::parse("linux/s390x"));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.message() == "no match for platform linux/s390x in the image index");
    CHECK(error.hint() == "it has: linux/amd64, linux/arm/v6");
  }
}

TEST_CASE("media types change family and keep their kind") {
  CHECK(in_family(kOciLayerZstd, Family::kDocker) == kDockerLayerZstd);
  CHECK(in_family(kDockerManifest, Family::kOci) == kOciManifest);
  CHECK(in_family("x/y", Family::kOci) == "x/y");
  CHECK(compression_of(kDockerLayerGzip) == Compression::kGzip);
  CHECK(compression_of(kOciLayer) == Compression::kNone);
  CHECK(is_foreign_layer("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"));
}
