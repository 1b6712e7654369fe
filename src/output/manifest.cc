// SPDX-License-Identifier: Apache-2.0
//
// Media types come in two families, OCI's and docker's. A manifest is kept as it came whenever its
// family is the wanted one, because only then does its digest hold. When it has to be made, each
// layer takes the base's own blob first, then any blob of that diffID, then a new one.
#include "output/manifest.h"

#include "base/error.h"
#include "base/json.h"
#include "oci/limits.h"

namespace cairn::output {
namespace {

bool is_docker(const std::string& media_type) {
  return media_type.starts_with("application/vnd.docker.");
}

// The manifest an image came with, if nothing must be redone and its family is the wanted one, or
// any family will do. If it is unknown whether the manifest came or was made, only the wanted
// family will do.
std::optional<ExportedImage> as_pulled(store::Store& store, const store::Image& image,
                                       const BlobOptions& options) {
  if (!image.manifest || options.force || image.manifest_came == false) return std::nullopt;
  std::optional<oci::Manifest> manifest = store.images().manifest(image);
  if (!manifest) return std::nullopt;
  bool any_family = options.keep_types && image.manifest_came == true;
  bool wanted = is_docker(manifest->media_type) == (options.types == MediaTypes::kDocker);
  if (!wanted && !any_family) return std::nullopt;
  std::string bytes = store.blobs().read(*image.manifest, oci::kMaxManifestSize);
  oci::Descriptor descriptor{.media_type = manifest->media_type,
                             .digest = *image.manifest,
                             .size = static_cast<std::int64_t>(bytes.size())};
  return ExportedImage{.manifest = std::move(*manifest),
                       .manifest_bytes = std::move(bytes),
                       .descriptor = std::move(descriptor),
                       .config = store.images().config(image.id)};
}

// The blobs the image's base came with, lowest first. Other images may have the same layers in
// other compressions.
std::vector<oci::Descriptor> base_layers(store::Store& store, const store::Image& image) {
  if (!image.base || !store.blobs().has(*image.base)) return {};
  return oci::parse_manifest(store.blobs().read(*image.base, oci::kMaxManifestSize)).layers;
}

// The blob of layer `at` that came with the base. It is preferred to all others of that diffID.
std::optional<oci::Descriptor> base_blob(store::Store& store, const oci::DiffId& diff_id,
                                         const std::vector<oci::Descriptor>& base, std::size_t at,
                                         const BlobOptions& options) {
  if (at >= base.size() || options.force) return std::nullopt;
  for (const oci::Descriptor& blob : store.layer_blobs().find(diff_id)) {
    if (blob.digest == base[at].digest) return base[at];
  }
  return std::nullopt;
}

bool is_config(const std::string& media_type) {
  return media_type == oci::kOciConfig || media_type == oci::kDockerConfig;
}

}  // namespace

std::optional<ExportedImage> find_whole(store::Store& store, const Digest& digest) {
  if (!store.blobs().has(digest)) return std::nullopt;
  std::string bytes = store.blobs().read(digest, oci::kMaxManifestSize);
  oci::Document document = oci::parse_document(bytes);
  auto* manifest = std::get_if<oci::Manifest>(&document);
  if (manifest == nullptr || !store.blobs().has(manifest->config.digest)) return std::nullopt;
  for (const oci::Descriptor& layer : manifest->layers) {
    if (!store.blobs().has(layer.digest)) return std::nullopt;
  }
  oci::ImageConfig config;
  // The "config" of an attestation is no image config.
  if (is_config(manifest->config.media_type) && manifest->artifact_type.empty()) {
    config = store.images().config(manifest->config.digest);
  }
  oci::Descriptor descriptor{.media_type = manifest->media_type,
                             .digest = digest,
                             .size = static_cast<std::int64_t>(bytes.size())};
  return ExportedImage{.manifest = std::move(*manifest),
                       .manifest_bytes = std::move(bytes),
                       .descriptor = std::move(descriptor),
                       .config = std::move(config)};
}

ExportedImage export_manifest(const LayerStore& from, const Digest& image_id,
                              const BlobOptions& options) {
  store::Store& store = from.store;
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
  std::vector<oci::Descriptor> base = base_layers(store, *image);
  for (const store::ImageLayer& layer : store.images().layers(image_id)) {
    std::optional<oci::Descriptor> came =
        base_blob(store, layer.diff_id, base, manifest.layers.size(), options);
    manifest.layers.push_back(came ? in_types(*came, options.types)
                                   : layer_blob(from, layer.diff_id, layer.view, options));
  }
  std::string bytes = canonical(oci::to_json(manifest));
  oci::Descriptor descriptor{.media_type = manifest.media_type,
                             .digest = store.blobs().put(bytes),
                             .size = static_cast<std::int64_t>(bytes.size())};
  // Remembered, so that the next export has the same bytes.
  store.images().set_manifest(image_id, descriptor.digest);
  return {.manifest = std::move(manifest),
          .manifest_bytes = std::move(bytes),
          .descriptor = std::move(descriptor),
          .config = oci::parse_image_config(config_bytes)};
}

}  // namespace cairn::output
