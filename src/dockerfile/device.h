// SPDX-License-Identifier: Apache-2.0
//
// The grammar of RUN --device: the name of a device in the Container Device Interface (CDI), and
// whether the step fails without it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cairn::dockerfile {

struct Device {
  std::string name;  // "vendor.com/class=device"
  std::optional<bool> required;
};

// Throws kDockerfile without a span: the caller knows the line.
Device parse_device(std::string_view text);

}  // namespace cairn::dockerfile
