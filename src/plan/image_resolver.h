// SPDX-License-Identifier: Apache-2.0
//
// The facts about an image that a plan needs: its config, and which manifest was chosen. It keeps
// planning free of the network; tests use a fake.
#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "oci/image_config.h"
#include "oci/platform.h"
#include "oci/reference.h"

namespace cairn::plan {

struct ResolvedImage {
  oci::ImageConfig config;
  Digest manifest;  // of the manifest for the platform
  Digest digest;    // what the name resolves to: the index if there is one
  bool has_layers = true;
};

struct ImageRequest {
  oci::Reference reference;
  oci::Platform platform;

  auto operator<=>(const ImageRequest&) const = default;
};

class ImageResolver {
 public:
  virtual ~ImageResolver() = default;

  // Throws when the image is not found, or has no manifest for `platform`.
  virtual ResolvedImage resolve(const oci::Reference& reference, const oci::Platform& platform) = 0;
};

}  // namespace cairn::plan
