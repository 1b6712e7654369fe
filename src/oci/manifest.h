// SPDX-License-Identifier: Apache-2.0
//
// Image manifests (one image: a config and its layers) and indexes (several manifests, one for each
// platform), in the formats of OCI and Docker.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json_fwd.h"
#include "oci/descriptor.h"
#include "oci/media_types.h"

namespace cairn::oci {

struct Manifest {
  std::string media_type = std::string(kOciManifest);
  Descriptor config;
  std::vector<Descriptor> layers;
  std::map<std::string, std::string> annotations = {};
  std::string artifact_type = {};
  std::optional<Descriptor> subject = std::nullopt;

  bool operator==(const Manifest&) const = default;
};

struct Index {
  std::string media_type = std::string(kOciIndex);
  std::vector<Descriptor> manifests;
  std::map<std::string, std::string> annotations = {};

  bool operator==(const Index&) const = default;
};

Json to_json(const Manifest& manifest);
Json to_json(const Index& index);

using Document = std::variant<Manifest, Index>;

// Parses either. `content_type` is the type given by the server or the descriptor ("" for none); it
// must agree with the document's own mediaType. Throws kCorrupt, also for a document with both
// `layers` and `manifests`, which tools would read differently. Throws kRegistry for Docker's
// schema 1.
Document parse_document(std::string_view bytes, std::string_view content_type = {});
Manifest parse_manifest(std::string_view bytes, std::string_view content_type = {});
Index parse_index(std::string_view bytes, std::string_view content_type = {});

// The entry of the index for `wanted`. Throws kRegistry, naming the platforms that exist. The
// result is a reference into `index`.
const Descriptor& select_manifest(const Index& index, const Platform& wanted);

}  // namespace cairn::oci
