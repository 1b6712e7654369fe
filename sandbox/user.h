// SPDX-License-Identifier: Apache-2.0
//
// Who "USER app" or "--chown=app:web" is, by the passwd and group files of the image itself. Those
// files are hostile: they are opened inside the image, read only when they are regular files of a
// sane size, and parsed here rather than by the C library, which would load code for it.
//
// A number never falls back to a name, and must fit 32 bits (4294967295 means "no change" to the
// kernel, and is refused).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/sys/root_dir.h"

namespace cairn::sandbox {

struct ResolvedUser {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;  // supplementary ones, the primary group among them
  std::string home = "/";

  bool operator==(const ResolvedUser&) const = default;
};

// "user", "uid", "user:group" in any mix of names and numbers; "" is root. A user alone brings its
// primary and supplementary groups; with ":group" it has that group only. Throws kDockerfile for
// names that are not there.
ResolvedUser resolve_user(const sys::RootDir& root, std::string_view user);

struct Owner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;

  bool operator==(const Owner&) const = default;
};

// What to make of names that are not there: an error, or 0 as BuildKit has it.
enum class UnknownNames { kRefuse, kAreRoot };

// --chown, and the owner of what WORKDIR makes: a name alone is its uid and primary gid, a number
// alone is both uid and gid, an empty group
// ("app:") is gid 0. "root" needs no files. Throws kDockerfile for names that are not there.
Owner resolve_chown(const sys::RootDir& root, std::string_view owner,
                    UnknownNames unknown = UnknownNames::kRefuse);

}  // namespace cairn::sandbox
