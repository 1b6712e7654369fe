// SPDX-License-Identifier: Apache-2.0
//
// What planning must know of an image: its config and which manifest it was. The way out of the
// pure world; tests give a fake.
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
  Digest manifest;            // of the platform's own manifest
  std::string resolved_from;  // opaque to the plan, handed on in ImageOp
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

  // These will be asked for, each once: a resolver may start to fetch them all. It need not.
  virtual void expect(const std::vector<ImageRequest>& requests) { (void)requests; }
  virtual ResolvedImage resolve(const oci::Reference& reference, const oci::Platform& platform) = 0;
};

}  // namespace cairn::plan
