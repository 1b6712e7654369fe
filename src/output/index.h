// SPDX-License-Identifier: Apache-2.0
//
// One image for several platforms: an index of the manifests of each (FEATURES X13).
#pragma once

#include <string>
#include <vector>

#include "output/manifest.h"

namespace cairn::output {

struct PlatformImage {
  oci::Platform platform;  // that was asked for
  WholeImage image;
};

struct WholeIndex {
  std::vector<WholeImage> images;
  std::string bytes;
  oci::Descriptor descriptor;  // of the index
};

// The manifests in the order given. An index of Docker's manifests is of Docker's type too.
WholeIndex make_index(std::vector<PlatformImage> images);

}  // namespace cairn::output
