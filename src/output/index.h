// SPDX-License-Identifier: Apache-2.0
//
// One image for several platforms: an index of their manifests (X13).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "output/manifest.h"

namespace cairn::output {

struct PlatformImage {
  oci::Platform platform;  // the one asked for
  ExportedImage image;
};

struct ExportedIndex {
  std::vector<ExportedImage> images;
  std::string bytes;
  oci::Descriptor descriptor;  // of the index
};

// Lists the manifests in the order given. An index of docker manifests has docker's type, too.
ExportedIndex make_index(std::vector<PlatformImage> images);

// The index with this digest and all that it names, attestations included; nullopt if any of it is
// missing here.
std::optional<ExportedIndex> find_whole_index(store::Store& store, const Digest& index);

}  // namespace cairn::output
