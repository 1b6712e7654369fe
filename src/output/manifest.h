// SPDX-License-Identifier: Apache-2.0
//
// An image of the store with all its blobs at hand: what archives and pushes are made of.
#pragma once

#include <string>
#include <vector>

#include "oci/manifest.h"
#include "output/layers.h"
#include "store/store.h"

namespace cairn::output {

struct WholeImage {
  oci::Manifest manifest;
  std::string manifest_bytes;
  oci::Descriptor descriptor;  // of the manifest
  oci::ImageConfig config;
};

// Makes the layer blobs that are missing, and the manifest. A pulled image keeps the manifest it
// came with when that is what the options ask for. The manifest is a blob of the store afterwards.
WholeImage make_whole(store::Store& store, const Digest& image_id, const BlobOptions& options);

}  // namespace cairn::output
