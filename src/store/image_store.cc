// SPDX-License-Identifier: Apache-2.0
#include "store/image_store.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "oci/limits.h"
#include "store/blob_store.h"
#include "store/internal/database.h"
#include "store/internal/layout.h"
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
  return image;
}

#define CAIRN_IMAGE_COLUMNS "SELECT id, manifest, created, size, platform FROM images "

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

std::string stored_name(const oci::Reference& reference) {
  if (!reference.digest) return reference.str();
  oci::Reference bare = reference;
  bare.tag.clear();
  return bare.str();
}

void ImageStore::check_manifest(const Digest& manifest, const Digest& id) const {
  oci::Manifest parsed = oci::parse_manifest(blobs_.read(manifest, oci::kMaxManifestSize));
  CAIRN_ASSERT(parsed.config.digest == id, "a manifest belongs to the image of its config");
  for (const oci::Descriptor& layer : parsed.layers) {
    if (blobs_.has(layer.digest)) continue;
    throw Error::of(ErrorKind::kCorrupt, "layer {} of manifest {} is not in the store",
                    layer.digest, manifest);
  }
}

void ImageStore::add(const Image& image) {
  uses_.note(image.id.str());
  CAIRN_ASSERT(blobs_.has(image.id), "an image's config is in the store before the image");
  if (image.manifest) check_manifest(*image.manifest, image.id);
  Transaction transaction(database_);
  database_.run(
      "INSERT INTO images (id, manifest, created, size, platform) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET manifest = coalesce(excluded.manifest, manifest), "
      "size = excluded.size",
      image.id.str(), image.manifest ? std::optional(image.manifest->str()) : std::nullopt,
      image.created.seconds, image.size, canonical(oci::to_json(image.platform)));
  for (const oci::Reference& name : image.names) {
    database_.run("INSERT OR REPLACE INTO names (name, image) VALUES (?, ?)", stored_name(name),
                  image.id.str());
  }
  transaction.commit();
  layout_.publish();
}

void ImageStore::set_manifest(const Digest& id, const Digest& manifest) {
  check_manifest(manifest, id);
  int changed =
      database_.run("UPDATE images SET manifest = ? WHERE id = ?", manifest.str(), id.str());
  if (changed == 0) throw Error::of(ErrorKind::kUsage, "no such image: {}", id);
  layout_.publish();
}

void ImageStore::tag(const Digest& id, const oci::Reference& name) {
  int changed = database_.run(
      "INSERT OR REPLACE INTO names (name, image) SELECT ?, id FROM images WHERE id = ?",
      stored_name(name), id.str());
  if (changed == 0) throw Error::of(ErrorKind::kUsage, "no such image: {}", id);
  layout_.publish();
}

void ImageStore::fill_names(Image& image) {
  auto names = database_.query(
      "SELECT name FROM names WHERE image = ? ORDER BY name", [](Row& row) { return row.text(0); },
      image.id.str());
  for (const std::string& name : names) image.names.push_back(oci::Reference::parse(name));
}

std::vector<Image> ImageStore::list() {
  auto images = database_.query(CAIRN_IMAGE_COLUMNS "ORDER BY created DESC, id", read_image);
  for (Image& image : images) fill_names(image);
  return images;
}

std::optional<Image> ImageStore::find(const Digest& id) {
  auto image = database_.find(CAIRN_IMAGE_COLUMNS "WHERE id = ?", read_image, id.str());
  if (!image) return std::nullopt;
  uses_.note(id.str());
  fill_names(*image);
  return image;
}

std::optional<Image> ImageStore::find(const oci::Reference& name) {
  auto id = database_.find(
      "SELECT image FROM names WHERE name = ?", [](Row& row) { return row.text(0); },
      stored_name(name));
  return id ? find(Digest::parse(*id)) : std::nullopt;
}

std::optional<Image> ImageStore::find_by_prefix(std::string_view prefix) {
  auto ids = database_.query(
      "SELECT id FROM images WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id",
      [](Row& row) { return row.text(0); }, "sha256:" + std::string(prefix));
  if (ids.empty()) return std::nullopt;
  if (ids.size() == 1) return find(Digest::parse(ids.front()));
  std::vector<std::string> candidates;
  for (const std::string& id : ids) candidates.push_back(describe(*find(Digest::parse(id))));
  throw Error::of(ErrorKind::kUsage, "image id \"{}\" is ambiguous", prefix)
      .with_hint("it could be " + join(candidates, ", "));
}

std::optional<Image> ImageStore::find(std::string_view name_or_id) {
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

void ImageStore::drop_names(const std::vector<oci::Reference>& names) {
  for (const oci::Reference& name : names) {
    database_.run("DELETE FROM names WHERE name = ?", stored_name(name));
  }
}

Removed ImageStore::remove(std::string_view name_or_id, Force force) {
  Transaction transaction(database_);
  Image image = get(name_or_id);
  auto name = oci::Reference::find(name_or_id);
  bool by_name = name && find(*name) && !Digest::find(name_or_id);
  Removed removed;
  std::vector<std::string> repositories;
  for (const oci::Reference& each : image.names) repositories.push_back(each.name());
  repositories.erase(std::unique(repositories.begin(), repositories.end()), repositories.end());
  if (by_name) {
    auto others = [&](const oci::Reference& n) { return stored_name(n) != stored_name(*name); };
    // A digest that a pull recorded is no name the user gave: it goes with its repository's last
    // tag.
    bool last_tag = std::ranges::none_of(image.names, [&](const oci::Reference& n) {
      return others(n) && n.name() == name->name() && !n.digest;
    });
    for (const oci::Reference& each : image.names) {
      bool same_repository = each.name() == name->name();
      if (!others(each) || (last_tag && same_repository)) removed.untagged.push_back(each);
    }
  } else {
    if (repositories.size() > 1 && force == Force::kNo) {
      throw Error::of(ErrorKind::kUsage, "image {} has names in {} repositories: {}",
                      image.id.hex().substr(0, 12), repositories.size(), join(repositories, ", "))
          .with_hint("remove it by name, or all of it with --force");
    }
    removed.untagged = image.names;
  }
  drop_names(removed.untagged);
  if (removed.untagged.size() == image.names.size()) {
    database_.run("DELETE FROM images WHERE id = ?", image.id.str());
    removed.deleted = image.id;
  }
  transaction.commit();
  layout_.publish();
  return removed;
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
  if (parsed.diff_ids.empty()) return out;
  std::vector<oci::ChainId> chains = oci::chain_ids(parsed.diff_ids);
  for (std::size_t i = 0; i < chains.size(); ++i) {
    out.push_back({.diff_id = parsed.diff_ids[i],
                   .chain = chains[i],
                   .view = snapshots_.find_by_chain(chains[i])});
  }
  return out;
}

}  // namespace cairn::store
