// SPDX-License-Identifier: Apache-2.0
//
// Making an index and finding one. An index made here is canonical JSON, so equal manifests give
// equal digests. One that came from elsewhere is never written anew: its bytes are kept, so its
// digest holds.
#include "output/index.h"

#include <set>

#include "base/error.h"
#include "base/json.h"
#include "oci/limits.h"

namespace cairn::output {
namespace {

oci::Descriptor entry_of(const PlatformImage& image) {
  oci::Descriptor entry = image.image.descriptor;
  oci::Platform platform = image.platform.normalised();
  // Windows runs only what was built for its own version, which the base image states.
  const oci::Platform& built = image.image.config.platform;
  if (platform.os == "windows" && platform.os_version.empty()) {
    platform.os_version = built.os_version;
  }
  entry.platform = std::move(platform);
  return entry;
}

}  // namespace

ExportedIndex make_index(std::vector<PlatformImage> images) {
  CAIRN_ASSERT(!images.empty(), "an index has manifests");
  bool docker = images[0].image.descriptor.media_type == oci::kDockerManifest;
  oci::Index index{.media_type = std::string(docker ? oci::kDockerIndex : oci::kOciIndex),
                   .manifests = {}};
  std::vector<ExportedImage> wholes;
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

std::optional<ExportedIndex> find_whole_index(store::Store& store, const Digest& digest) {
  if (!store.blobs().has(digest)) return std::nullopt;
  std::string bytes = store.blobs().read(digest, oci::kMaxManifestSize);
  oci::Document document = oci::parse_document(bytes);
  const auto* index = std::get_if<oci::Index>(&document);
  if (index == nullptr) return std::nullopt;
  ExportedIndex whole{.images = {},
                      .bytes = {},
                      .descriptor = {.media_type = index->media_type,
                                     .digest = digest,
                                     .size = static_cast<std::int64_t>(bytes.size())}};
  // An index may name a manifest twice, for two platforms; it is exported once.
  std::set<Digest> seen;
  for (const oci::Descriptor& entry : index->manifests) {
    if (!seen.insert(entry.digest).second) continue;
    std::optional<ExportedImage> image = find_whole(store, entry.digest);
    if (!image) return std::nullopt;
    whole.images.push_back(std::move(*image));
  }
  whole.bytes = std::move(bytes);
  return whole;
}

}  // namespace cairn::output
