// SPDX-License-Identifier: Apache-2.0
//
// X13: the index of several platforms.
#include "output/index.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "output/tree.h"

using namespace cairn;
using namespace cairn::output;

namespace {

PlatformImage image_for(const char* platform, std::string_view type = oci::kOciManifest) {
  PlatformImage image{.platform = oci::Platform::parse(platform),
                      .image = {.manifest = {.media_type = std::string(type),
                                             .config = {.media_type = "", .digest = Digest::of("")},
                                             .layers = {}},
                                .manifest_bytes = platform,
                                .descriptor = {.media_type = std::string(type),
                                               .digest = Digest::of(platform),
                                               .size = 7},
                                .config = {}}};
  image.image.config.platform = image.platform;
  return image;
}

std::vector<std::string> platforms(const ExportedIndex& whole) {
  std::vector<std::string> out;
  for (const oci::Descriptor& entry : oci::parse_index(whole.bytes).manifests) {
    out.push_back(entry.platform ? entry.platform->str() : "none");
  }
  return out;
}

}  // namespace

TEST_CASE("manifests stand in the order of --platform, each with its platform") {
  ExportedIndex whole = make_index(
      {image_for("linux/arm/v6"), image_for("linux/amd64"), image_for("linux/arm64/v8")});
  CHECK(platforms(whole) == std::vector<std::string>{"linux/arm/v6", "linux/amd64", "linux/arm64"});
  CHECK(Json::parse(whole.bytes)["manifests"][0]["platform"] ==
        Json{{"os", "linux"}, {"architecture", "arm"}, {"variant", "v6"}});
  CHECK(Json::parse(whole.bytes)["manifests"][0]["digest"] == Digest::of("linux/arm/v6").str());
  CHECK(whole.descriptor.digest == Digest::of(whole.bytes));
  CHECK(whole.descriptor.media_type == oci::kOciIndex);
}

TEST_CASE("an entry says what was asked for, and the version of Windows that the base has") {
  PlatformImage windows = image_for("windows/amd64"), linux = image_for("linux/amd64");
  windows.image.config.platform.os_version = "10.0.20348.1";
  linux.image.config.platform.variant = "v2";
  CHECK(platforms(make_index({windows, linux})) ==
        std::vector<std::string>{"windows(10.0.20348.1)/amd64", "linux/amd64"});
}

TEST_CASE("manifests of Docker's type make a list of Docker's type") {
  ExportedIndex whole = make_index({image_for("linux/amd64", oci::kDockerManifest)});
  CHECK(whole.descriptor.media_type == oci::kDockerIndex);
  CHECK(Json::parse(whole.bytes)["mediaType"] == std::string(oci::kDockerIndex));
}

TEST_CASE("a platform's directory has its name without slashes") {
  CHECK(platform_directory(oci::Platform::parse("linux/amd64")) == "linux_amd64");
  CHECK(platform_directory(oci::Platform::parse("linux/arm/v7")) == "linux_arm_v7");
}
