// SPDX-License-Identifier: Apache-2.0
//
// What a binary runs on, in the normal form of containerd's platforms package: "linux/arm64",
// "linux/arm/v7". Values of the same meaning compare equal once normalised.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json_fwd.h"

namespace cairn::oci {

struct Platform {
  std::string os;
  std::string architecture;
  std::string variant = {};
  std::string os_version = {};

  // "linux/arm64/v8", "linux/amd64", "arm64", "linux", "windows(10.0.17763)/amd64"; what is missing
  // comes from the host. Throws kUsage.
  static Platform parse(std::string_view text);
  static Platform host();

  Platform normalised() const;
  std::string str() const;  // "linux/arm/v7"
  bool unknown() const { return os == "unknown" || architecture == "unknown"; }

  auto operator<=>(const Platform&) const = default;
};

inline std::string format_as(const Platform& platform) {
  return platform.str();
}

// Which candidate serves `wanted` best: the same platform, else the highest lower variant of the
// same architecture (arm v7, v6, v5; amd64 v3, v2, v1). "unknown" entries, which are attestations,
// never match.
std::optional<std::size_t> best_match(const Platform& wanted, std::span<const Platform> candidates);

// The `platform` object of a descriptor.
Json to_json(const Platform& platform);
Platform parse_platform(const Json& json);

}  // namespace cairn::oci
