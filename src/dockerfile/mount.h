// SPDX-License-Identifier: Apache-2.0
//
// The grammar of RUN --mount: CSV fields, each key=value or a bare key. Values are expanded except
// `from`, because the stages that a build needs must be known before any step runs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::dockerfile {

enum class MountType { kBind, kCache, kTmpfs, kSecret, kSsh };
std::string_view name_of(MountType type);

struct Mount {
  MountType type = MountType::kBind;
  std::string from;
  std::string source;
  std::string target;
  bool read_only = true;
  std::string id;
  std::string sharing;  // "", shared, private, locked
  bool required = false;
  std::optional<std::uint64_t> size;  // bytes
  std::optional<std::string> env;
  std::optional<std::uint32_t> mode;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
};

using ExpandValue = std::function<std::string(std::string_view)>;

// Throws kDockerfile without a span. `expand` is called for each value.
Mount parse_mount(std::string_view text, const ExpandValue& expand);
// Only the value of `from`; "" when there is none. Throws kDockerfile when it contains a variable.
std::string mount_from(std::string_view text);
// Only the value of `target`, unexpanded.
std::string mount_target(std::string_view text);

}  // namespace cairn::dockerfile
