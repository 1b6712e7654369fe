// SPDX-License-Identifier: Apache-2.0
#include "store/layer_blobs.h"

#include "store/blob_store.h"
#include "store/internal/database.h"

namespace cairn::store {

void LayerBlobs::add(const oci::DiffId& diff_id, const oci::Descriptor& descriptor) {
  database_.run(
      "INSERT OR REPLACE INTO layer_blobs (diff_id, digest, media_type, size) VALUES (?, ?, ?, ?)",
      diff_id.str(), descriptor.digest.str(), descriptor.media_type, descriptor.size);
}

std::vector<oci::Descriptor> LayerBlobs::find(const oci::DiffId& diff_id) {
  auto rows = database_.query(
      "SELECT digest, media_type, size FROM layer_blobs WHERE diff_id = ? ORDER BY digest",
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

void LayerBlobs::drop(const std::string& hex) {
  database_.run("DELETE FROM layer_blobs WHERE digest = ?", "sha256:" + hex);
}

}  // namespace cairn::store
