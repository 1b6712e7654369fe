// SPDX-License-Identifier: Apache-2.0
//
// How much space the store may take, as options and variables give it: "10GB", "20%".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/gc_policy.h"

namespace CLI {
class App;
}

namespace cairn::cli {

// The texts of the options; empty if not given.
struct SpaceOptions {
  std::string max_used;
  std::string min_free;
  std::string reserved;
};

// An amount of space: bytes, or a percentage of the whole disk.
struct Space {
  std::int64_t amount = 0;
  bool is_percent = false;
  std::int64_t of(const sys::DiskSpace& disk) const {
    return is_percent ? disk.total / 100 * amount : amount;
  }
};

// Parses "10g", "10GB" (binary units, as docker reads them) or "20%". Throws kUsage, which names
// `option`.
Space parse_space(const std::string& text, const std::string& option);

// The bounds that were given, and those of `otherwise` for the rest. 0 means no bound, as in
// BuildKit.
store::SpaceBounds bounds_of(const SpaceOptions& options, const sys::DiskSpace& disk,
                             const store::SpaceBounds& otherwise);

}  // namespace cairn::cli
