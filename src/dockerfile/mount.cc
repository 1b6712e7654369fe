// SPDX-License-Identifier: Apache-2.0
//
// Fields are read in order, and checks that depend on the type run at the end, because `type` may
// come last. Checks within a field see only the fields before it, as in BuildKit
// (instructions/commands_runmount.go), whose error texts these are.
#include "dockerfile/mount.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>
#include <vector>

#include "base/csv.h"
#include "base/error.h"
#include "base/text.h"
#include "dockerfile/internal/option_values.h"

namespace cairn::dockerfile {
namespace {

constexpr std::array<std::pair<std::string_view, MountType>, 5> kTypes = {{
    {"bind", MountType::kBind},
    {"cache", MountType::kCache},
    {"tmpfs", MountType::kTmpfs},
    {"secret", MountType::kSecret},
    {"ssh", MountType::kSsh},
}};

std::uint32_t parse_number(std::string_view key, std::string_view value, int base) {
  std::optional<std::uint64_t> number = parse_uint(value, base);
  if (!number || *number > UINT32_MAX)
    throw dockerfile_error("invalid value {} for {}", value, key);
  return static_cast<std::uint32_t>(*number);
}

// Names of types are matched in any case, as in BuildKit.
MountType parse_type(const std::string& value) {
  std::vector<std::string> names;
  for (const auto& [name, type] : kTypes) {
    if (equal_fold(name, value)) return type;
    names.emplace_back(name);
  }
  throw dockerfile_error("unsupported mount type {}{}", go_quote(value),
                         did_you_mean(value, names));
}

std::string parse_sharing(const std::string& value) {
  std::vector<std::string> names = {"shared", "private", "locked"};
  for (const std::string& name : names) {
    if (equal_fold(name, value)) return name;
  }
  throw dockerfile_error("unsupported sharing value {}{}", go_quote(value),
                         did_you_mean(value, names));
}

class MountParser {
 public:
  Mount parse(std::string_view text, const ExpandValue& expand) {
    for (const std::string& field : parse_csv(text, ErrorKind::kDockerfile, "mounts")) {
      std::size_t sign = field.find('=');
      std::string key = to_lower(field.substr(0, sign));
      if (sign == std::string::npos) {
        bare(key, field);
      } else {
        assign(key, expand(field.substr(sign + 1)), field);
      }
    }
    check_ids();
    check_secret();
    if (mount_.type == MountType::kSsh && !mount_.source.empty()) {
      throw dockerfile_error("ssh does not support source");
    }
    if (!mount_.sharing.empty() && mount_.type != MountType::kCache) {
      throw dockerfile_error("invalid cache sharing set for {} mount", name_of(mount_.type));
    }
    // Cache and tmpfs mounts are made to be written to; others default to read-only.
    bool writable = mount_.type == MountType::kCache || mount_.type == MountType::kTmpfs;
    mount_.read_only = read_only_.value_or(!writable);
    return std::move(mount_);
  }

 private:
  // A key without a value: a boolean that is true.
  void bare(const std::string& key, const std::string& field) {
    if (key == "readonly" || key == "ro") {
      read_only_ = true;
    } else if (key == "readwrite" || key == "rw") {
      read_only_ = false;
    } else if (key == "required") {
      need_type(key, mount_.type == MountType::kSecret || mount_.type == MountType::kSsh);
      mount_.required = true;
    } else {
      throw dockerfile_error("invalid field '{}' must be a key=value pair", field);
    }
  }

  // `expand` has been applied to the value.
  void assign(const std::string& key, std::string value, const std::string& field) {
    if (key == "type") {
      mount_.type = parse_type(value);
    } else if (key == "from") {
      mount_.from = std::move(value);
    } else if (key == "source" || key == "src") {
      mount_.source = std::move(value);
    } else if (key == "target" || key == "dst" || key == "destination") {
      mount_.target = std::move(value);
    } else if (key == "readonly" || key == "ro") {
      read_only_ = parse_bool(key, value);
    } else if (key == "readwrite" || key == "rw") {
      read_only_ = !parse_bool(key, value);
    } else if (key == "id") {
      mount_.id = std::move(value);
    } else if (key == "sharing") {
      mount_.sharing = parse_sharing(value);
    } else {
      assign_rare(key, std::move(value), field);
    }
  }

  void assign_rare(const std::string& key, std::string value, const std::string& field) {
    if (key == "required") {
      need_type(key, mount_.type == MountType::kSecret || mount_.type == MountType::kSsh);
      mount_.required = parse_bool(key, value);
    } else if (key == "size") {
      need_type(key, mount_.type == MountType::kTmpfs);
      mount_.size = parse_size(value);
      if (!mount_.size) throw dockerfile_error("invalid value for {}: {}", key, value);
    } else if (key == "mode") {
      mount_.mode = parse_number(key, value, 8);
    } else if (key == "uid") {
      mount_.uid = parse_number(key, value, 10);
    } else if (key == "gid") {
      mount_.gid = parse_number(key, value, 10);
    } else if (key == "env") {
      mount_.env = std::move(value);
    } else {
      throw dockerfile_error(
          "unexpected key '{}' in '{}'{}", key, field,
          did_you_mean(key, {"type", "from", "source", "target", "readonly", "id", "sharing",
                             "required", "size", "mode", "uid", "gid", "src", "dst", "destination",
                             "ro", "rw", "readwrite", "env"}));
    }
  }

  // Checks a key against the type so far; a later `type` is not looked at.
  void need_type(std::string_view key, bool fits) const {
    if (fits) return;
    throw dockerfile_error("unexpected key '{}' for mount type '{}'", key, name_of(mount_.type));
  }

  // A bind mount keeps the owners of its files, and a tmpfs is root's.
  void check_ids() const {
    if (mount_.type != MountType::kBind && mount_.type != MountType::kTmpfs) return;
    auto refuse = [&](std::string_view key) {
      throw dockerfile_error("{} not allowed for {} type mounts", key,
                             go_quote(name_of(mount_.type)));
    };
    if (mount_.mode) refuse("mode");
    if (mount_.uid) refuse("uid");
    if (mount_.gid) refuse("gid");
  }

  // `source` is an alias of `id` here, so both together are ambiguous.
  void check_secret() const {
    if (mount_.type != MountType::kSecret) return;
    if (!mount_.from.empty()) throw dockerfile_error("secret mount should not have a from");
    if (!mount_.sharing.empty()) throw dockerfile_error("secret mount should not define sharing");
    if (mount_.source.empty() && mount_.target.empty() && mount_.id.empty()) {
      throw dockerfile_error("invalid secret mount. one of source, target required");
    }
    if (!mount_.source.empty() && !mount_.id.empty()) {
      throw dockerfile_error("both source and id can't be set");
    }
  }

  Mount mount_;
  std::optional<bool> read_only_;
};

// The last value of one of `keys`, unexpanded; "" when there is none.
std::string written_value(std::string_view text, std::initializer_list<std::string_view> keys) {
  std::string value;
  for (const std::string& field : parse_csv(text, ErrorKind::kDockerfile, "mounts")) {
    std::size_t sign = field.find('=');
    if (sign == std::string::npos) continue;
    std::string key = to_lower(field.substr(0, sign));
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) value = field.substr(sign + 1);
  }
  return value;
}

}  // namespace

std::string_view name_of(MountType type) {
  for (const auto& [name, candidate] : kTypes) {
    if (candidate == type) return name;
  }
  return "";
}

Mount parse_mount(std::string_view text, const ExpandValue& expand) {
  return MountParser().parse(text, expand);
}

std::string mount_from(std::string_view text) {
  std::string from = written_value(text, {"from"});
  // A lone "$" at the end is no variable.
  std::size_t dollar = from.find('$');
  if (dollar != std::string::npos && dollar + 1 != from.size()) {
    throw dockerfile_error("'from' doesn't support variable expansion, define alias stage instead");
  }
  return from;
}

std::string mount_target(std::string_view text) {
  return written_value(text, {"target", "dst", "destination"});
}

}  // namespace cairn::dockerfile
