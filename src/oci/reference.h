// SPDX-License-Identifier: Apache-2.0
//
// The name of an image, registry/repository:tag@digest, by the rules of Docker Hub. "alpine" is
// docker.io/library/alpine:latest. The first part is a registry if it contains a dot, a colon or an
// upper-case letter, or is "localhost". A value.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace cairn::oci {

struct Reference {
  std::string registry;                         // "docker.io", "localhost:5000"
  std::string repository;                       // "library/alpine"
  std::string tag;                              // "latest"; empty when only a digest was given
  std::optional<Digest> digest = std::nullopt;  // takes precedence over the tag

  // Throws kUsage with the reason. Without tag and digest, the tag is "latest".
  static Reference parse(std::string_view text);
  // Parses a name that is to be given to an image. Throws kUsage, in docker's words, for a name
  // with a digest, which nobody has verified, and for "sha256:...", which reads as an id.
  static Reference parse_tag(std::string_view text);
  // parse() for text that may be something else, such as an image id; nullopt when it is not a
  // name.
  static std::optional<Reference> find(std::string_view text);

  std::string name() const;           // "docker.io/library/alpine"
  std::string str() const;            // "docker.io/library/alpine:latest"
  std::string familiar() const;       // "alpine:latest"
  std::string familiar_name() const;  // "alpine"

  auto operator<=>(const Reference&) const = default;
};

// Whether the tag is [A-Za-z0-9_][A-Za-z0-9_.-]{0,127} (OCI distribution spec, "Pulling
// manifests").
bool valid_tag(std::string_view tag);

inline std::string format_as(const Reference& reference) {
  return reference.str();
}

}  // namespace cairn::oci
