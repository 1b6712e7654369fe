// SPDX-License-Identifier: Apache-2.0
//
// The media types of images, OCI's (image spec, media-types.md) and Docker's, and the conversion
// between the two families. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace cairn::oci {

inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kOciLayer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kOciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kOciLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";

inline constexpr std::string_view kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerIndex =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kDockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr std::string_view kDockerLayerGzip =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";
inline constexpr std::string_view kDockerLayerZstd =
    "application/vnd.docker.image.rootfs.diff.tar.zstd";
inline constexpr std::string_view kDockerForeignLayer =
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

// Docker's first manifest format, recognised only to be refused.
inline constexpr std::string_view kDockerSchema1 =
    "application/vnd.docker.distribution.manifest.v1+json";
inline constexpr std::string_view kDockerSchema1Signed =
    "application/vnd.docker.distribution.manifest.v1+prettyjws";

enum class Family { kOci, kDocker };
enum class Compression { kNone, kGzip, kZstd };

bool is_manifest(std::string_view media_type);
bool is_index(std::string_view media_type);
bool is_schema1(std::string_view media_type);
bool is_layer(std::string_view media_type);
// A layer that may not be redistributed ("nondistributable", "foreign"). It is not pushed.
bool is_foreign_layer(std::string_view media_type);
// The compression that a layer type implies; only for is_layer() types.
Compression compression_of(std::string_view media_type);
std::string_view layer_type(Family family, Compression compression);
// The corresponding type in the other family. A type without one is returned unchanged.
std::string in_family(std::string_view media_type, Family family);

// "application/json; charset=utf-8" without its parameters.
std::string_view without_parameters(std::string_view content_type);

}  // namespace cairn::oci
