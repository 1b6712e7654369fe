// SPDX-License-Identifier: Apache-2.0
//
// The CSV of --device allows a name without a key, so a field's meaning depends on what came before
// it. The rules and error texts are BuildKit's (instructions/commands_rundevice.go).
#include "dockerfile/device.h"

#include "base/csv.h"
#include "base/error.h"
#include "base/text.h"
#include "dockerfile/internal/option_values.h"

namespace cairn::dockerfile {

// A device name contains a "=" itself ("vendor.com/class=device"), so the first field without a
// known key is a name as a whole.
Device parse_device(std::string_view text) {
  Device device;
  for (const std::string& field : parse_csv(text, ErrorKind::kDockerfile, "devices")) {
    std::size_t sign = field.find('=');
    std::string key = to_lower(field.substr(0, sign));
    bool bare = sign == std::string::npos;
    std::string value = bare ? "" : field.substr(sign + 1);
    if (key == "required") {
      device.required = bare || parse_bool(key, value);
    } else if (key == "name" && !bare) {
      if (!device.name.empty()) {
        throw dockerfile_error("device name already set to {}", device.name);
      }
      device.name = value;
    } else if (device.name.empty()) {
      device.name = field;
    } else if (bare) {
      throw dockerfile_error("invalid field '{}' must be a key=value pair", field);
    } else {
      throw dockerfile_error("unexpected key '{}' in '{}'{}", key, field,
                             did_you_mean(key, {"name", "required"}));
    }
  }
  return device;
}

}  // namespace cairn::dockerfile
