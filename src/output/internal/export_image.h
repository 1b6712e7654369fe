// SPDX-License-Identifier: Apache-2.0
//
// What the exporters of images share: recording images in the store, making their manifests, and
// the metadata about both.
#pragma once

#include <vector>

#include "output/exporter.h"
#include "output/index.h"

namespace cairn::output::internal {

// --tag first, then the names of the output itself.
std::vector<oci::Reference> names_of(const ExportRequest& request, const OutputSpec& spec);

// Records the images of all platforms in the store, where an archive or a push finds them, and
// moves `names` (may be empty) to them.
Exported record_images(const ExportRequest& request, const ExportServices& services,
                       const std::vector<oci::Reference>& names, Exported earlier);

// The only image of a request, or the index of several, with all blobs made. Adds its digest to
// `exported`. record_images() must come first.
ExportedImage export_one(const ExportRequest& request, const ExportServices& services,
                         const BlobOptions& blobs, Exported& exported);
ExportedIndex export_several(const ExportRequest& request, const ExportServices& services,
                             const BlobOptions& blobs, Exported& exported);

}  // namespace cairn::output::internal
