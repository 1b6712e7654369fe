// SPDX-License-Identifier: Apache-2.0
#include "output/manifest.h"

#include "base/error.h"
#include "base/json.h"
#include "base/thread_pool.h"

namespace cairn::output {
namespace {

bool is_docker(const std::string& media_type) {
  return media_type.starts_with("application/vnd.docker.");
}

// The manifest an image was pulled with, when it is of the wanted family and nothing is to be
// redone.
std::optional<WholeImage> as_pulled(store::Store& store, const store::Image& image,
                                    const BlobOptions& options) {
  if (!image.manifest || options.force) return std::nullopt;
  std::optional<oci::Manifest> manifest = store.images().manifest(image);
  if (!manifest) return std::nullopt;
  if (is_docker(manifest->media_type) != (options.types == MediaTypes::kDocker))
    return std::nullopt;
  std::string bytes = store.blobs().read(*image.manifest, 4 << 20);
  oci::Descriptor descriptor{.media_type = manifest->media_type,
                             .digest = *image.manifest,
                             .size = static_cast<std::int64_t>(bytes.size())};
  return WholeImage{.manifest = std::move(*manifest),
                    .manifest_bytes = std::move(bytes),
                    .descriptor = std::move(descriptor),
                    .config = store.images().config(image.id)};
}

}  // namespace

WholeImage make_whole(store::Store& store, const Digest& image_id, const BlobOptions& options) {
  std::optional<store::Image> image = store.images().find(image_id);
  if (!image) throw Error::of(ErrorKind::kUsage, "no such image: {}", image_id.str());
  if (auto pulled = as_pulled(store, *image, options)) return std::move(*pulled);

  std::string config_bytes = store.images().config_bytes(image_id);
  bool docker = options.types == MediaTypes::kDocker;
  oci::Manifest manifest{
      .media_type = std::string(docker ? oci::kDockerManifest : oci::kOciManifest),
      .config = {.media_type = std::string(docker ? oci::kDockerConfig : oci::kOciConfig),
                 .digest = image_id,
                 .size = static_cast<std::int64_t>(config_bytes.size())},
      .layers = {}};
  for (const store::ImageLayer& layer : store.images().layers(image_id)) {
    manifest.layers.push_back(layer_blob(store, layer.diff_id, layer.view, options));
  }
  std::string bytes = canonical(oci::to_json(manifest));
  oci::Descriptor descriptor{.media_type = manifest.media_type,
                             .digest = store.blobs().put(bytes),
                             .size = static_cast<std::int64_t>(bytes.size())};
  store.images().set_manifest(image_id, descriptor.digest);
  return {.manifest = std::move(manifest),
          .manifest_bytes = std::move(bytes),
          .descriptor = std::move(descriptor),
          .config = oci::parse_image_config(config_bytes)};
}

}  // namespace cairn::output
