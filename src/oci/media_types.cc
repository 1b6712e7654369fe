// SPDX-License-Identifier: Apache-2.0
//
// Plain comparisons with a closed list: an unknown type is neither manifest nor layer, so a new
// kind of artifact is never taken for one of these. Only conversion is a table, because it is used
// in both directions.
#include "oci/media_types.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace cairn::oci {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kPairs = {{
    {kOciManifest, kDockerManifest},
    {kOciIndex, kDockerIndex},
    {kOciConfig, kDockerConfig},
    {kOciLayer, kDockerLayer},
    {kOciLayerGzip, kDockerLayerGzip},
    {kOciLayerZstd, kDockerLayerZstd},
}};

constexpr std::string_view kOciForeign = "application/vnd.oci.image.layer.nondistributable.v1.tar";

}  // namespace

bool is_manifest(std::string_view type) {
  return type == kOciManifest || type == kDockerManifest;
}
bool is_index(std::string_view type) {
  return type == kOciIndex || type == kDockerIndex;
}
bool is_schema1(std::string_view type) {
  return type == kDockerSchema1 || type == kDockerSchema1Signed;
}

bool is_foreign_layer(std::string_view type) {
  return type == kDockerForeignLayer || type.starts_with(kOciForeign);
}

bool is_layer(std::string_view type) {
  return type == kOciLayer || type == kOciLayerGzip || type == kOciLayerZstd ||
         type == kDockerLayer || type == kDockerLayerGzip || type == kDockerLayerZstd ||
         is_foreign_layer(type);
}

Compression compression_of(std::string_view type) {
  // OCI writes "+gzip", Docker ".gzip".
  if (type.ends_with("+gzip") || type.ends_with(".gzip")) return Compression::kGzip;
  if (type.ends_with("+zstd") || type.ends_with(".zstd")) return Compression::kZstd;
  return Compression::kNone;
}

std::string_view layer_type(Family family, Compression compression) {
  bool oci = family == Family::kOci;
  switch (compression) {
    case Compression::kGzip: return oci ? kOciLayerGzip : kDockerLayerGzip;
    case Compression::kZstd: return oci ? kOciLayerZstd : kDockerLayerZstd;
    case Compression::kNone: break;
  }
  return oci ? kOciLayer : kDockerLayer;
}

std::string in_family(std::string_view type, Family family) {
  for (const auto& [oci, docker] : kPairs) {
    if (type == oci || type == docker) return std::string(family == Family::kOci ? oci : docker);
  }
  return std::string(type);
}

std::string_view without_parameters(std::string_view content_type) {
  return trim(content_type.substr(0, content_type.find(';')));
}

}  // namespace cairn::oci
