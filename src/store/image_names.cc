// SPDX-License-Identifier: Apache-2.0
//
// The names of images: what they point to, which digest they have, and how they are removed. A
// digest pins what a name stood for, so a reference with a digest is also looked up by it. All
// changes of a name happen in one transaction, and the layout is published after it.
#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "store/image_store.h"
#include "store/internal/database.h"
#include "store/internal/layout.h"

namespace cairn::store {
namespace {

const ListedImage& for_this_host(const std::vector<ListedImage>& list) {
  std::vector<oci::Platform> platforms;
  for (const ListedImage& image : list) platforms.push_back(image.platform);
  return list[oci::best_match(oci::Platform::host(), platforms).value_or(0)];
}

ListedImage read_listed(Row& row) {
  return {.platform = oci::parse_platform(parse_json(row.text(0), "a platform")),
          .id = Digest::parse(row.text(1))};
}

std::string short_of(const Digest& id) {
  return id.hex().substr(0, 12);
}

}  // namespace

std::string stored_name(const oci::Reference& reference) {
  if (!reference.digest) return reference.str();
  oci::Reference bare = reference;
  bare.tag.clear();
  return bare.str();
}

// --- pointing names at images ---

// Makes it a plain name. It keeps its digest if it stays with its image.
void ImageStore::point(const std::string& name, const Digest& id,
                       const std::optional<Digest>& digest) {
  bool was_list = database_.run("DELETE FROM listed_images WHERE name = ?", name) > 0;
  if (was_list) database_.run("UPDATE names SET digest = NULL WHERE name = ?", name);
  database_.run(
      "INSERT INTO names (name, image, digest) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
      "digest = CASE WHEN excluded.digest IS NULL AND image = excluded.image THEN digest "
      "ELSE excluded.digest END, image = excluded.image",
      name, id.str(), digest ? std::optional(digest->str()) : std::nullopt);
}

void ImageStore::add_to_list(const std::string& name, const Image& image, const Digest& index) {
  auto known = database_.find(
      "SELECT coalesce(digest, '') FROM names WHERE name = ?", [](Row& row) { return row.text(0); },
      name);
  // Another index than before: its images replace the old list.
  if (known != index.str()) {
    database_.run("DELETE FROM listed_images WHERE name = ?", name);
    database_.run("INSERT OR REPLACE INTO names (name, image, digest) VALUES (?, ?, ?)", name,
                  image.id.str(), index.str());
  }
  std::string platform = canonical(oci::to_json(image.platform));
  database_.run("DELETE FROM listed_images WHERE name = ? AND platform = ?", name, platform);
  database_.run(
      "INSERT INTO listed_images (name, position, platform, image) "
      "SELECT ?1, coalesce(max(position), -1) + 1, ?2, ?3 FROM listed_images WHERE name = ?1",
      name, platform, image.id.str());
  database_.run("UPDATE names SET image = ? WHERE name = ?",
                for_this_host(list_of_row(name)).id.str(), name);
}

void ImageStore::tag(const Digest& id, const oci::Reference& name,
                     const std::optional<oci::Reference>& from) {
  std::string to = stored_name(name);
  std::optional<std::string> source = from ? find_row(*from) : std::nullopt;
  if (source == to) return;
  if (!find(id)) throw Error::of(ErrorKind::kUsage, "no such image: {}", id);
  Transaction transaction(database_);
  point(to, id, std::nullopt);
  if (source) {
    database_.run(
        "UPDATE names SET digest = (SELECT digest FROM names WHERE name = ?) WHERE name = ?",
        *source, to);
    database_.run(
        "INSERT INTO listed_images (name, position, platform, image) "
        "SELECT ?, position, platform, image FROM listed_images WHERE name = ?",
        to, *source);
  }
  transaction.commit();
  layout_.publish();
}

void ImageStore::set_list(const std::vector<oci::Reference>& names,
                          const std::vector<ListedImage>& images) {
  bool changed = false;
  for (const oci::Reference& name : names) {
    std::string row = stored_name(name);
    if (list_of_row(row) == images) continue;
    Transaction transaction(database_);
    database_.run("DELETE FROM listed_images WHERE name = ?", row);
    database_.run("UPDATE names SET digest = NULL WHERE name = ?", row);
    if (!images.empty()) point(row, for_this_host(images).id, std::nullopt);
    for (std::size_t i = 0; i < images.size(); ++i) {
      database_.run(
          "INSERT INTO listed_images (name, position, platform, image) VALUES (?, ?, ?, ?)", row,
          static_cast<std::int64_t>(i), canonical(oci::to_json(images[i].platform)),
          images[i].id.str());
    }
    transaction.commit();
    changed = true;
  }
  if (changed) layout_.publish();
}

// --- looking names up ---

// The row of a reference: its own, or for a digest that of a name in its repository with that
// digest.
std::optional<std::string> ImageStore::find_row(const oci::Reference& name) {
  auto first = [](Row& row) { return row.text(0); };
  auto own = database_.find("SELECT name FROM names WHERE name = ?", first, stored_name(name));
  if (own || !name.digest) return own;
  return database_.find(
      "SELECT name FROM names WHERE digest = ?1 AND substr(name, 1, length(?2)) = ?2 ORDER BY name",
      first, name.digest->str(), name.name() + ":");
}

// The image with this manifest, if some name of the repository stands for it, alone or in a list.
std::optional<Digest> ImageStore::find_by_manifest(const oci::Reference& name) {
  auto id = database_.find(
      "SELECT i.id FROM images i WHERE i.manifest = ?1 AND EXISTS ("
      "SELECT 1 FROM names n LEFT JOIN listed_images l ON l.name = n.name "
      "WHERE i.id IN (n.image, l.image) AND substr(n.name, 1, length(?2)) = ?2)",
      [](Row& row) { return row.text(0); }, name.digest->str(), name.name() + ":");
  return id ? std::optional(Digest::parse(*id)) : std::nullopt;
}

std::optional<Image> ImageStore::find(const oci::Reference& name) {
  std::optional<std::string> row = find_row(name);
  if (!row) {
    std::optional<Digest> id = name.digest ? find_by_manifest(name) : std::nullopt;
    return id ? find(*id) : std::nullopt;
  }
  auto id = database_.find(
      "SELECT image FROM names WHERE name = ?", [](Row& r) { return r.text(0); }, *row);
  return id ? find(Digest::parse(*id)) : std::nullopt;
}

std::optional<Image> ImageStore::find(const oci::Reference& name, const oci::Platform& wanted) {
  std::vector<ListedImage> list = list_of(name);
  std::vector<oci::Platform> platforms;
  for (const ListedImage& image : list) platforms.push_back(image.platform);
  std::optional<std::size_t> best = oci::best_match(wanted, platforms);
  return best ? find(list[*best].id) : find(name);
}

std::vector<ListedImage> ImageStore::list_of_row(const std::string& name) {
  return database_.query(
      "SELECT platform, image FROM listed_images WHERE name = ? ORDER BY position", read_listed,
      name);
}

std::vector<ListedImage> ImageStore::list_of(const oci::Reference& name) {
  std::optional<std::string> row = find_row(name);
  return row ? list_of_row(*row) : std::vector<ListedImage>();
}

std::optional<Digest> ImageStore::digest_of(const oci::Reference& name) {
  std::optional<std::string> row = find_row(name);
  if (!row) return std::nullopt;
  auto digest = database_.find(
      "SELECT coalesce(digest, '') FROM names WHERE name = ?", [](Row& r) { return r.text(0); },
      *row);
  return digest ? Digest::find(*digest) : std::nullopt;
}

void ImageStore::set_digest(const oci::Reference& name, const Digest& digest) {
  database_.run("UPDATE names SET digest = ? WHERE name = ?", digest.str(), stored_name(name));
}

void ImageStore::fill_names(Image& image) {
  auto names = database_.query(
      "SELECT name, coalesce(digest, '') FROM names WHERE image = ? ORDER BY name",
      [](Row& row) { return std::pair(row.text(0), row.text(1)); }, image.id.str());
  for (const auto& [name, digest] : names) {
    image.names.push_back(oci::Reference::parse(name));
    if (auto known = Digest::find(digest)) image.digests.emplace(name, *known);
  }
  auto lists = database_.query(
      "SELECT DISTINCT n.name FROM listed_images l JOIN names n ON n.name = l.name "
      "WHERE l.image = ?1 AND n.image <> ?1 ORDER BY n.name",
      [](Row& row) { return row.text(0); }, image.id.str());
  for (const std::string& name : lists) image.lists.push_back(oci::Reference::parse(name));
}

// --- taking names away ---

namespace {

// The name, and if it is the last tag of its repository, the digests there too: the user never gave
// those names, a pull recorded them.
std::vector<oci::Reference> names_to_remove(const Image& image, const std::string& row) {
  oci::Reference name = oci::Reference::parse(row);
  auto others = [&](const oci::Reference& n) { return stored_name(n) != row; };
  bool last_tag = std::ranges::none_of(image.names, [&](const oci::Reference& n) {
    return others(n) && n.name() == name.name() && !n.digest;
  });
  std::vector<oci::Reference> removed;
  for (const oci::Reference& each : image.names) {
    bool same_repository = each.name() == name.name();
    if (!others(each) || (last_tag && same_repository)) removed.push_back(each);
  }
  return removed;
}

void check_removable(const Image& image) {
  std::vector<std::string> repositories;
  for (const oci::Reference& each : image.names) repositories.push_back(each.name());
  // Names are sorted, so equal repositories are neighbours.
  repositories.erase(std::unique(repositories.begin(), repositories.end()), repositories.end());
  if (repositories.size() > 1) {
    throw Error::of(ErrorKind::kUsage, "image {} has names in {} repositories: {}",
                    short_of(image.id), repositories.size(), join(repositories, ", "))
        .with_hint("remove it by name, or all of it with --force");
  }
  if (!image.lists.empty()) {
    throw Error::of(ErrorKind::kUsage, "image {} is what {} means for {}", short_of(image.id),
                    image.lists.front().familiar(), image.platform)
        .with_hint("remove that name, or take the image out of the list with --force");
  }
}

}  // namespace

// Removes names, and returns the images, this one and those of the names' lists, that have no name
// left.
std::vector<Digest> ImageStore::drop_names(const Image& image,
                                           const std::vector<oci::Reference>& names) {
  std::vector<Digest> loose = {image.id};
  for (const oci::Reference& name : names) {
    std::string row = stored_name(name);
    for (const ListedImage& listed : list_of_row(row)) {
      if (std::ranges::find(loose, listed.id) == loose.end()) loose.push_back(listed.id);
    }
    database_.run("DELETE FROM names WHERE name = ?", row);
  }
  std::erase_if(loose, [&](const Digest& id) {
    std::optional<Image> left = find(id);
    return !left || !left->names.empty() || !left->lists.empty();
  });
  return loose;
}

Removed ImageStore::remove(std::string_view name_or_id, Force force) {
  Transaction transaction(database_);
  Image image = get(name_or_id);
  auto name = oci::Reference::find(name_or_id);
  std::optional<std::string> row =
      name && !Digest::find(name_or_id) ? find_row(*name) : std::nullopt;
  if (!row && force == Force::kNo) check_removable(image);
  Removed removed{.untagged = row ? names_to_remove(image, *row) : image.names};
  removed.deleted = drop_names(image, removed.untagged);
  // An id with --force removes the image even if a list contains it.
  if (!row && std::ranges::find(removed.deleted, image.id) == removed.deleted.end()) {
    removed.deleted.insert(removed.deleted.begin(), image.id);
  }
  for (const Digest& id : removed.deleted) drop(id);
  transaction.commit();
  layout_.publish();
  return removed;
}

}  // namespace cairn::store
