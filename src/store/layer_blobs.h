// SPDX-License-Identifier: Apache-2.0
//
// Which blobs hold a layer: a pulled layer keeps its compressed blob, a built one gets blobs when a
// push or an archive asks. One diffID may have several (gzip, zstd). Safe from any thread.
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

class LayerBlobs {
 public:
  LayerBlobs(Database& database, const BlobStore& blobs) : database_(database), blobs_(blobs) {}

  // The descriptor's bytes, once uncompressed, are `diff_id`: whoever adds has checked that.
  void add(const oci::DiffId& diff_id, const oci::Descriptor& descriptor);
  // All blobs of the layer that are in the store; rows whose blob is gone are dropped.
  std::vector<oci::Descriptor> find(const oci::DiffId& diff_id);
  void drop(const std::string& hex);  // the rows of a blob, for collections only

 private:
  Database& database_;
  const BlobStore& blobs_;
};

}  // namespace cairn::store
