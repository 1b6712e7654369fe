// SPDX-License-Identifier: Apache-2.0
//
// The platform of a binary, in the normal form of containerd's platforms package: "linux/arm64",
// "linux/arm/v7". Platforms with the same meaning are equal once normalised. A value.
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

  // Parses "linux/arm64/v8", "linux/amd64", "arm64", "linux", "windows(10.0.17763)/amd64". Missing
  // parts are those of the host. Throws kUsage, also for an unknown system or architecture.
  static Platform parse(std::string_view text);
  // nullopt where parse() throws.
  static std::optional<Platform> find(std::string_view text);
  static Platform host();

  Platform normalised() const;
  std::string str() const;  // "linux/arm/v7"
  bool unknown() const { return os == "unknown" || architecture == "unknown"; }

  auto operator<=>(const Platform&) const = default;
};

inline std::string format_as(const Platform& platform) {
  return platform.str();
}

// The index of the candidate that serves `wanted` best: the same platform, or else the highest
// lower variant of the same architecture (arm v7, v6, v5; amd64 v3, v2, v1). nullopt for none.
// "unknown" entries, which are attestations, never match.
std::optional<std::size_t> best_match(const Platform& wanted, std::span<const Platform> candidates);

// The `platform` object of a descriptor. parse_platform() throws kCorrupt.
Json to_json(const Platform& platform);
Platform parse_platform(const Json& json);

}  // namespace cairn::oci
