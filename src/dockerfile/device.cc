// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/device.h"

#include "base/csv.h"
#include "base/error.h"
#include "base/text.h"
#include "dockerfile/internal/option_values.h"

namespace cairn::dockerfile {

// A name holds a "=" itself ("vendor.com/class=device"), so the first field that is no known key is
// the name, whole.
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
        throw Error::of(ErrorKind::kDockerfile, "device name already set to {}", device.name);
      }
      device.name = value;
    } else if (device.name.empty()) {
      device.name = field;
    } else if (bare) {
      throw Error::of(ErrorKind::kDockerfile, "invalid field '{}' must be a key=value pair", field);
    } else {
      throw Error::of(ErrorKind::kDockerfile, "unexpected key '{}' in '{}'{}", key, field,
                      did_you_mean(key, {"name", "required"}));
    }
  }
  return device;
}

}  // namespace cairn::dockerfile
