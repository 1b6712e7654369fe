// SPDX-License-Identifier: Apache-2.0
//
// The name of an image, registry/repository:tag@digest, read by Docker Hub's rules: "alpine" is
// docker.io/library/alpine:latest, and a first part is a registry when it has a dot, a colon or an
// upper-case letter, or is "localhost".
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
  std::optional<Digest> digest = std::nullopt;  // decides over the tag

  // Throws kUsage with the reason. Neither tag nor digest means the tag "latest".
  static Reference parse(std::string_view text);
  // The same for text that may be something else, such as an image id.
  static std::optional<Reference> find(std::string_view text);

  std::string name() const;           // "docker.io/library/alpine"
  std::string str() const;            // "docker.io/library/alpine:latest"
  std::string familiar() const;       // "alpine:latest"
  std::string familiar_name() const;  // "alpine"

  auto operator<=>(const Reference&) const = default;
};

// [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}
bool valid_tag(std::string_view tag);

inline std::string format_as(const Reference& reference) {
  return reference.str();
}

}  // namespace cairn::oci
