// SPDX-License-Identifier: Apache-2.0
//
// The possible answers, closest to the original first: the very document that the name stands for,
// if it is complete here and of the wanted media types; one image of an index that is not complete;
// an index made from the recorded list of images; one image, with a manifest made for it.
#include "output/named.h"

#include <utility>
#include <vector>

#include "oci/limits.h"

namespace cairn::output {
namespace {

bool fits(const std::string& media_type, const BlobOptions& options) {
  bool docker = media_type.starts_with("application/vnd.docker.");
  return options.keep_types || docker == (options.types == MediaTypes::kDocker);
}

// The image as this index has it, since an image may have other manifests, too.
ExportedImage image_of_index(const LayerStore& from, const oci::Index& index, const Digest& id,
                             const BlobOptions& options) {
  for (const oci::Descriptor& entry : index.manifests) {
    std::optional<ExportedImage> image = find_whole(from.store, entry.digest);
    if (image && image->manifest.config.digest == id && fits(image->manifest.media_type, options))
      return std::move(*image);
  }
  return export_manifest(from, id, options);
}

ExportedIndex index_of_list(const LayerStore& from, const std::vector<store::ListedImage>& list,
                            const BlobOptions& options) {
  std::vector<PlatformImage> images;
  for (const store::ListedImage& listed : list) {
    images.push_back(
        {.platform = listed.platform, .image = export_manifest(from, listed.id, options)});
  }
  return make_index(std::move(images));
}

}  // namespace

Named make_named(const LayerStore& from, const std::string& name_or_id,
                 const BlobOptions& options) {
  store::Store& store = from.store;
  store::Image image = store.images().get(name_or_id);
  std::optional<oci::Reference> name = oci::Reference::find(name_or_id);
  std::optional<Digest> digest = name ? store.images().digest_of(*name) : std::nullopt;
  std::vector<store::ListedImage> list;
  if (name) list = store.images().list_of(*name);
  if (digest && store.blobs().has(*digest)) {
    std::string bytes = store.blobs().read(*digest, oci::kMaxManifestSize);
    oci::Document document = oci::parse_document(bytes);
    if (const auto* index = std::get_if<oci::Index>(&document)) {
      std::optional<ExportedIndex> whole = find_whole_index(store, *digest);
      if (!whole) {
        return {.what = image_of_index(from, *index, image.id, options), .incomplete = digest};
      }
      if (fits(index->media_type, options)) return {.what = std::move(*whole)};
    } else if (auto whole = find_whole(store, *digest); whole &&
                                                        whole->manifest.config.digest == image.id &&
                                                        fits(whole->manifest.media_type, options)) {
      return {.what = std::move(*whole)};
    }
  }
  if (!list.empty()) return {.what = index_of_list(from, list, options)};
  return {.what = export_manifest(from, image.id, options)};
}

}  // namespace cairn::output
