// SPDX-License-Identifier: Apache-2.0
//
// The column `made` gives the order: 0 for a blob that came with an image, else one more than the
// highest so far. The upsert keeps the minimum of both, so a blob can change from made to came but
// never back, and a media type from a registry is not overwritten by ours.
#include "store/layer_blobs.h"

#include "store/blob_store.h"
#include "store/internal/database.h"

namespace cairn::store {

void LayerBlobs::add(const oci::DiffId& diff_id, const oci::Descriptor& descriptor,
                     BlobOrigin origin) {
  database_.run(
      "INSERT INTO layer_blobs (diff_id, digest, media_type, size, made) "
      "VALUES (?1, ?2, ?3, ?4, CASE WHEN ?5 = 0 THEN 0 ELSE "
      "1 + coalesce((SELECT max(made) FROM layer_blobs WHERE diff_id = ?1), 0) END) "
      "ON CONFLICT (diff_id, digest) DO UPDATE SET media_type = "
      "CASE WHEN excluded.made = 0 OR made > 0 THEN excluded.media_type ELSE media_type END, "
      "made = min(made, excluded.made)",
      diff_id.str(), descriptor.digest.str(), descriptor.media_type, descriptor.size,
      std::int64_t{origin == BlobOrigin::kMade});
}

std::vector<oci::Descriptor> LayerBlobs::find(const oci::DiffId& diff_id) {
  auto rows = database_.query(
      "SELECT digest, media_type, size FROM layer_blobs WHERE diff_id = ? ORDER BY made, digest",
      [](Row& row) {
        return oci::Descriptor{.media_type = row.text(1),
                               .digest = Digest::parse(row.text(0)),
                               .size = row.integer(2)};
      },
      diff_id.str());
  std::vector<oci::Descriptor> out;
  for (oci::Descriptor& row : rows) {
    if (blobs_.has(row.digest)) {
      out.push_back(std::move(row));
    } else {
      database_.run("DELETE FROM layer_blobs WHERE digest = ?", row.digest.str());
    }
  }
  return out;
}

void LayerBlobs::add_place(const Digest& digest, const std::string& registry,
                           const std::string& repository) {
  database_.run("INSERT OR IGNORE INTO blob_places (digest, registry, repository) VALUES (?, ?, ?)",
                digest.str(), registry, repository);
}

std::vector<std::string> LayerBlobs::places(const Digest& digest, const std::string& registry) {
  return database_.query(
      "SELECT repository FROM blob_places WHERE digest = ? AND registry = ? ORDER BY repository",
      [](Row& row) { return row.text(0); }, digest.str(), registry);
}

void LayerBlobs::drop(const std::string& hex) {
  database_.run("DELETE FROM layer_blobs WHERE digest = ?", "sha256:" + hex);
  database_.run("DELETE FROM blob_places WHERE digest = ?", "sha256:" + hex);
}

}  // namespace cairn::store
