// SPDX-License-Identifier: Apache-2.0
//
// Who a file belongs to, in numbers as the kernel has them. By default root. A value.
#pragma once

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <compare>
#include <string>

#include "base/format.h"

namespace cairn {

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;

  auto operator<=>(const Owner&) const = default;
};

inline Owner owner_of(const struct stat& st) {
  return {.uid = st.st_uid, .gid = st.st_gid};
}

// "1000:100", as --chown takes it.
inline std::string format_as(const Owner& owner) {
  return fmt::format("{}:{}", owner.uid, owner.gid);
}

}  // namespace cairn
