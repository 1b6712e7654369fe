// SPDX-License-Identifier: Apache-2.0
//
// A descriptor: the digest, size and media type of a blob (OCI image spec, descriptor.md). It is
// all that is needed to fetch a blob and verify it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/json_fwd.h"
#include "oci/platform.h"

namespace cairn::oci {

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::int64_t size = 0;  // bytes
  std::map<std::string, std::string> annotations = {};
  std::optional<Platform> platform = std::nullopt;
  std::string artifact_type = {};
  std::vector<std::string> urls = {};  // preserved, never fetched

  bool operator==(const Descriptor&) const = default;
};

Json to_json(const Descriptor& descriptor);
// Throws kCorrupt.
Descriptor parse_descriptor(const Json& json);

}  // namespace cairn::oci
