// SPDX-License-Identifier: Apache-2.0
//
// How much room the store may take, as options and variables say it: "10GB", "20%".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/retention.h"

namespace CLI {
class App;
}

namespace cairn::cli {

// Texts of the options; empty where nothing was said.
struct SpaceOptions {
  std::string max_used;
  std::string min_free;
  std::string reserved;
};

// An amount of room, in bytes or of a whole disk.
struct Space {
  std::int64_t amount = 0;
  bool is_percent = false;
  std::int64_t of(const sys::DiskSpace& disk) const {
    return is_percent ? disk.total / 100 * amount : amount;
  }
};

// "10g", "10GB" (binary units, as docker reads them), "20%". `option` is named in errors: kUsage.
Space parse_space(const std::string& text, const std::string& option);

// What was said, and of what was not said `otherwise`. 0 is no bound, as in BuildKit.
store::SpaceBounds bounds_of(const SpaceOptions& options, const sys::DiskSpace& disk,
                             const store::SpaceBounds& otherwise);

}  // namespace cairn::cli
