// SPDX-License-Identifier: Apache-2.0
//
// The grammar of RUN --mount: comma-separated fields as in CSV, each key=value or a bare key.
// Values are expanded, except that of `from`, which must be known before anything runs.
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
  std::optional<std::uint64_t> size;
  std::optional<std::string> env;
  std::optional<std::uint32_t> mode;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
};

using ExpandValue = std::function<std::string(std::string_view)>;

// Throws kDockerfile without a span.
Mount parse_mount(std::string_view text, const ExpandValue& expand);
// Only the `from` of it, which may hold no variable; "" when there is none.
std::string mount_from(std::string_view text);
// Only the target, as written.
std::string mount_target(std::string_view text);

}  // namespace cairn::dockerfile
