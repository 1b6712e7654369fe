// SPDX-License-Identifier: Apache-2.0
//
// An image of the store with all its blobs, as archives and pushes need it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oci/manifest.h"
#include "output/layers.h"
#include "store/store.h"

namespace cairn::output {

struct ExportedImage {
  oci::Manifest manifest;
  std::string manifest_bytes;
  oci::Descriptor descriptor;  // describes the manifest
  oci::ImageConfig config;
};

// Makes the missing layer blobs and the manifest. A pulled image keeps the manifest it came with if
// the options allow; layers of its base keep their blobs, unless `force` asks for new ones. The
// manifest becomes a blob of the store. Throws kUsage if there is no such image.
ExportedImage export_manifest(const LayerStore& from, const Digest& image_id,
                              const BlobOptions& options);

// The manifest with this digest and all that it names; nullopt if any of it is missing here.
std::optional<ExportedImage> find_whole(store::Store& store, const Digest& manifest);

}  // namespace cairn::output
