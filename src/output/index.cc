// SPDX-License-Identifier: Apache-2.0
#include "output/index.h"

#include "base/error.h"
#include "base/json.h"

namespace cairn::output {
namespace {

oci::Descriptor entry_of(const PlatformImage& image) {
  oci::Descriptor entry = image.image.descriptor;
  oci::Platform platform = image.platform.normalised();
  // Windows runs what was built for its own version, which only the base image knows.
  const oci::Platform& built = image.image.config.platform;
  if (platform.os == "windows" && platform.os_version.empty()) {
    platform.os_version = built.os_version;
  }
  entry.platform = std::move(platform);
  return entry;
}

}  // namespace

WholeIndex make_index(std::vector<PlatformImage> images) {
  CAIRN_ASSERT(!images.empty(), "an index has manifests");
  bool docker = images[0].image.descriptor.media_type == oci::kDockerManifest;
  oci::Index index{.media_type = std::string(docker ? oci::kDockerIndex : oci::kOciIndex),
                   .manifests = {}};
  std::vector<WholeImage> wholes;
  for (PlatformImage& image : images) {
    index.manifests.push_back(entry_of(image));
    wholes.push_back(std::move(image.image));
  }
  std::string bytes = canonical(oci::to_json(index));
  oci::Descriptor descriptor{.media_type = index.media_type,
                             .digest = Digest::of(bytes),
                             .size = static_cast<std::int64_t>(bytes.size())};
  return {
      .images = std::move(wholes), .bytes = std::move(bytes), .descriptor = std::move(descriptor)};
}

}  // namespace cairn::output
