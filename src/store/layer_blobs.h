// SPDX-License-Identifier: Apache-2.0
//
// Which blobs hold a layer. A pulled layer keeps its compressed blob; a built one gets a blob when
// a push or an archive needs it. One diffID may have several blobs (gzip, zstd). Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"
#include "oci/ids.h"

namespace cairn::store {

class BlobStore;
class Database;

// Where a blob is from. A blob that came with an image is preferred when the image is pushed again,
// so that its digest stays the same.
enum class BlobOrigin { kCame, kMade };

class LayerBlobs {
 public:
  LayerBlobs(Database& database, const BlobStore& blobs) : database_(database), blobs_(blobs) {}

  // The caller has verified that the descriptor's blob decompresses to `diff_id`. kCame wins: a
  // blob that once came stays so, even if the same bytes are made here later.
  void add(const oci::DiffId& diff_id, const oci::Descriptor& descriptor,
           BlobOrigin origin = BlobOrigin::kCame);
  // All blobs of the layer in the store: first those that came, then those made here, oldest first.
  // Drops rows whose blob is gone.
  std::vector<oci::Descriptor> find(const oci::DiffId& diff_id);
  // Records that a repository of `registry` ("host[:port]") has the blob, since it was pulled from
  // or pushed to it. A hint only: the registry may delete it.
  void add_place(const Digest& digest, const std::string& registry, const std::string& repository);
  // The repositories of `registry` known to have the blob, by name.
  std::vector<std::string> places(const Digest& digest, const std::string& registry);
  void drop(const std::string& hex);  // removes a blob's rows; for collections only

 private:
  Database& database_;
  const BlobStore& blobs_;
};

}  // namespace cairn::store
