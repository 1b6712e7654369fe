// SPDX-License-Identifier: Apache-2.0
//
// The config of an image: how to run it, its layers, and its history (OCI image spec, config.md,
// with the keys that Docker adds). Its digest is the image id.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "base/time.h"
#include "oci/ids.h"
#include "oci/platform.h"

namespace cairn::oci {

// Docker's HEALTHCHECK. Durations are nanoseconds; 0 means inherited, or the default.
struct Healthcheck {
  std::vector<std::string> test;  // {"NONE"}, {"CMD", ...} or {"CMD-SHELL", text}
  std::int64_t interval = 0;
  std::int64_t timeout = 0;
  std::int64_t start_period = 0;
  std::int64_t start_interval = 0;
  std::int64_t retries = 0;

  bool operator==(const Healthcheck&) const = default;
};

// One line of history. Those that are not `empty_layer` correspond to the layers, in order.
struct History {
  std::optional<Timestamp> created = std::nullopt;
  std::string created_by = {};
  std::string author = {};
  std::string comment = {};
  bool empty_layer = false;

  bool operator==(const History&) const = default;
};

struct ImageConfig {
  Platform platform = {};
  std::vector<std::string> env = {};  // "K=V", order kept
  std::optional<std::vector<std::string>> cmd = {};
  std::optional<std::vector<std::string>> entrypoint = {};
  std::optional<std::vector<std::string>> shell = {};
  std::string working_dir = {};
  std::string user = {};
  std::string stop_signal = {};
  std::optional<int> stop_timeout = {};  // seconds
  std::map<std::string, std::string> labels = {};
  std::set<std::string> exposed_ports = {};  // "80/tcp"
  std::set<std::string> volumes = {};
  std::optional<Healthcheck> healthcheck = {};
  std::vector<std::string> on_build = {};
  bool args_escaped = false;
  std::string author = {};
  std::optional<Timestamp> created = {};
  std::vector<DiffId> diff_ids = {};
  std::vector<History> history = {};

  bool operator==(const ImageConfig&) const = default;
};

Json to_json(const ImageConfig& config);
// The bytes whose digest is the image id. Throws kLimit for a config that parse_image_config()
// would refuse.
std::string write_image_config(const ImageConfig& config);
// Throws kCorrupt, or kLimit for too many values.
ImageConfig parse_image_config(std::string_view bytes);

}  // namespace cairn::oci
