// SPDX-License-Identifier: Apache-2.0
//
// Images by id. Rows follow blobs: an image is added only after its config and everything its
// manifest names are in the store, and its pin comes first, so that no collection removes a blob in
// between. Finding an image pins its manifest too, whose layers a collection then keeps.
#include "store/image_store.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "oci/limits.h"
#include "store/blob_store.h"
#include "store/internal/database.h"
#include "store/internal/layout.h"
#include "store/internal/lease.h"
#include "store/internal/uses.h"
#include "store/snapshot_index.h"

namespace cairn::store {
namespace {

Image read_image(Row& row) {
  Image image{.id = Digest::parse(row.text(0))};
  if (!row.null(1)) image.manifest = Digest::parse(row.text(1));
  image.created.seconds = row.integer(2);
  image.size = row.integer(3);
  image.platform = oci::parse_platform(parse_json(row.text(4), "a platform"));
  if (!row.null(5)) image.manifest_came = row.integer(5) != 0;
  if (!row.null(6)) image.base = Digest::parse(row.text(6));
  return image;
}

#define CAIRN_IMAGE_COLUMNS "SELECT id, manifest, created, size, platform, came, base FROM images "

std::optional<std::string> text_of(const std::optional<Digest>& digest) {
  return digest ? std::optional(digest->str()) : std::nullopt;
}

bool hexadecimal(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

std::string describe(const Image& image) {
  std::string text = image.id.hex().substr(0, 12);
  if (!image.names.empty()) text += " (" + image.names.front().familiar() + ")";
  return text;
}

}  // namespace

void ImageStore::check_manifest(const Digest& manifest, const Digest& id) const {
  oci::Manifest parsed = oci::parse_manifest(blobs_.read(manifest, oci::kMaxManifestSize));
  // A manifest of another image would make a push send the wrong config.
  CAIRN_ASSERT(parsed.config.digest == id, "a manifest belongs to the image of its config");
  for (const oci::Descriptor& layer : parsed.layers) {
    if (blobs_.has(layer.digest)) continue;
    throw Error::of(ErrorKind::kCorrupt, "layer {} of manifest {} is not in the store",
                    layer.digest, manifest);
  }
}

void ImageStore::add(const Image& image, const NamedAs& as) {
  uses_.note(image.id.str());
  lease_.keep_new(PinKind::kImage, image.id.str());
  CAIRN_ASSERT(blobs_.has(image.id), "an image's config is in the store before the image");
  if (image.manifest) check_manifest(*image.manifest, image.id);
  Transaction transaction(database_);
  database_.run(
      "INSERT INTO images (id, manifest, created, size, platform, came, base) "
      "VALUES (?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET manifest = coalesce(excluded.manifest, manifest), "
      "came = CASE WHEN excluded.manifest IS NULL THEN came ELSE excluded.came END, "
      "base = coalesce(excluded.base, base), size = excluded.size",
      image.id.str(), text_of(image.manifest), image.created.seconds, image.size,
      canonical(oci::to_json(image.platform)),
      image.manifest ? std::optional<std::int64_t>(1) : std::nullopt, text_of(image.base));
  for (const oci::Reference& name : image.names) {
    if (as.is_index) {
      add_to_list(stored_name(name), image, *as.digest);
    } else {
      point(stored_name(name), image.id, as.digest);
    }
  }
  transaction.commit();
  layout_.publish();
}

void ImageStore::set_manifest(const Digest& id, const Digest& manifest) {
  check_manifest(manifest, id);
  std::optional<Image> known = find(id);
  if (!known) throw Error::of(ErrorKind::kUsage, "no such image: {}", id);
  // Write nothing if nothing changes: the store may be on a read-only filesystem.
  if (known->manifest && (known->manifest == manifest || known->manifest_came != false)) return;
  database_.run(
      "UPDATE images SET "
      "manifest = CASE WHEN manifest IS NULL OR came = 0 THEN ?1 ELSE manifest END, "
      "came = CASE WHEN manifest IS NULL OR came = 0 THEN 0 ELSE came END WHERE id = ?2",
      manifest.str(), id.str());
  layout_.publish();
}

std::vector<Image> ImageStore::list() {
  auto images = database_.query(CAIRN_IMAGE_COLUMNS "ORDER BY created DESC, id", read_image);
  for (Image& image : images) fill_names(image);
  return images;
}

std::optional<Image> ImageStore::find(const Digest& id) {
  std::optional<Image> image;
  {
    // The mutex before the gate; see the order of locks in internal/lease.h.
    auto alone = database_.hold();
    lease_.keep(PinKind::kImage, id.str(), [&] {
      image = database_.find(CAIRN_IMAGE_COLUMNS "WHERE id = ?", read_image, id.str());
      // Pinned in the same visit to the gate, or a collection could take it in between.
      if (image && image->manifest) lease_.keep_new(PinKind::kBlob, image->manifest->hex());
      return image.has_value();
    });
  }
  if (!image) return std::nullopt;
  uses_.note(id.str());
  fill_names(*image);
  return image;
}

std::optional<Image> ImageStore::find_by_prefix(std::string_view prefix) {
  auto ids = database_.query(
      "SELECT id FROM images WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id",
      [](Row& row) { return row.text(0); }, "sha256:" + std::string(prefix));
  if (ids.empty()) return std::nullopt;
  if (ids.size() == 1) return find(Digest::parse(ids.front()));
  // As docker and git do, name the candidates instead of picking one.
  std::vector<std::string> candidates;
  for (const std::string& id : ids) candidates.push_back(describe(*find(Digest::parse(id))));
  throw Error::of(ErrorKind::kUsage, "image id \"{}\" is ambiguous", prefix)
      .with_hint("it could be " + join(candidates, ", "));
}

std::optional<Image> ImageStore::find(std::string_view name_or_id) {
  // docker's order: a full id, then a name, then the start of an id ("abc" may be both).
  if (auto digest = Digest::find(name_or_id)) return find(*digest);
  if (auto name = oci::Reference::find(name_or_id)) {
    if (auto image = find(*name)) return image;
  }
  std::string_view prefix = name_or_id;
  if (prefix.starts_with("sha256:")) prefix.remove_prefix(7);
  return hexadecimal(prefix) ? find_by_prefix(prefix) : std::nullopt;
}

Image ImageStore::get(std::string_view name_or_id) {
  if (auto image = find(name_or_id)) return std::move(*image);
  std::vector<std::string> names;
  for (const Image& image : list()) {
    for (const oci::Reference& name : image.names) names.push_back(name.familiar());
  }
  auto wanted = oci::Reference::find(name_or_id);
  throw Error::of(ErrorKind::kUsage, "no such image: {}{}", name_or_id,
                  did_you_mean(wanted ? wanted->familiar() : name_or_id, names));
}

void ImageStore::drop(const Digest& id) {
  database_.run("DELETE FROM images WHERE id = ?", id.str());
}

std::string ImageStore::config_bytes(const Digest& id) const {
  return blobs_.read(id, oci::kMaxConfigSize);
}

oci::ImageConfig ImageStore::config(const Digest& id) const {
  return oci::parse_image_config(config_bytes(id));
}

std::optional<oci::Manifest> ImageStore::manifest(const Image& image) const {
  if (!image.manifest || !blobs_.has(*image.manifest)) return std::nullopt;
  return oci::parse_manifest(blobs_.read(*image.manifest, oci::kMaxManifestSize));
}

std::vector<ImageLayer> ImageStore::layers(const Digest& id) {
  std::vector<ImageLayer> out;
  oci::ImageConfig parsed = config(id);
  // An image may have no layers (FROM scratch with only metadata).
  if (parsed.diff_ids.empty()) return out;
  std::vector<oci::ChainId> chains = oci::chain_ids(parsed.diff_ids);
  for (std::size_t i = 0; i < chains.size(); ++i) {
    out.push_back({.diff_id = parsed.diff_ids[i],
                   .chain = chains[i],
                   .view = snapshots_.find_any_by_chain(chains[i])});
  }
  return out;
}

}  // namespace cairn::store
