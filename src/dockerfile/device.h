// SPDX-License-Identifier: Apache-2.0
//
// The grammar of RUN --device: a name of the Container Device Interface, and whether the step can
// do without.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cairn::dockerfile {

struct Device {
  std::string name;  // "vendor.com/class=device"
  std::optional<bool> required;
};

// Throws kDockerfile without a span.
Device parse_device(std::string_view text);

}  // namespace cairn::dockerfile
