// SPDX-License-Identifier: Apache-2.0
//
// Optional keys are written only if they are set, so that a descriptor that was read and written
// again has the same bytes, and with them the manifest the same digest.
#include "oci/descriptor.h"

#include "base/error.h"
#include "base/json.h"
#include "oci/internal/fields.h"
#include "oci/limits.h"

namespace cairn::oci {

Json to_json(const Descriptor& descriptor) {
  Json json{{"mediaType", descriptor.media_type},
            {"digest", descriptor.digest.str()},
            {"size", descriptor.size}};
  if (!descriptor.annotations.empty()) json["annotations"] = descriptor.annotations;
  if (descriptor.platform) json["platform"] = to_json(*descriptor.platform);
  if (!descriptor.artifact_type.empty()) json["artifactType"] = descriptor.artifact_type;
  if (!descriptor.urls.empty()) json["urls"] = descriptor.urls;
  return json;
}

Descriptor parse_descriptor(const Json& json) {
  Fields fields(json, "descriptor");
  Descriptor descriptor{.media_type = fields.text("mediaType"),
                        .digest = Digest::parse(fields.required_text("digest")),
                        .size = fields.integer("size"),
                        .annotations = fields.text_map("annotations"),
                        .platform = std::nullopt,
                        .artifact_type = fields.text("artifactType"),
                        .urls = fields.texts("urls")};
  // Checked here, before anybody allocates or fetches by it.
  if (descriptor.size < 0 || descriptor.size > kMaxBlobSize) {
    throw Error::of(ErrorKind::kCorrupt, "descriptor of {} has the impossible size {}",
                    descriptor.digest, descriptor.size);
  }
  if (const Json* platform = fields.find_object("platform")) {
    descriptor.platform = parse_platform(*platform);
  }
  return descriptor;
}

}  // namespace cairn::oci
