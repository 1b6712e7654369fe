// SPDX-License-Identifier: Apache-2.0
//
// Resolves "USER app" or "--chown=app:web" by the passwd and group files of the image. These files
// are hostile. They are opened inside the image, read only if they are regular files of a sane
// size, and parsed here and not by the C library, which would load code for it.
//
// A number never falls back to a name, and must fit 32 bits. 4294967295 means "no change" to the
// kernel and is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/owner.h"
#include "base/sys/root_dir.h"

namespace cairn::sandbox {

struct ResolvedUser {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;  // supplementary groups, including the primary one
  std::string home = "/";

  bool operator==(const ResolvedUser&) const = default;
};

// Resolves "user", "uid" or "user:group", in any mix of names and numbers; "" is root. Without a
// group, the user's primary and supplementary groups apply; with ":group" only that group. Throws
// kDockerfile for unknown names.
ResolvedUser resolve_user(const sys::RootDir& root, std::string_view user);

// What to do with unknown names: throw, or take them as 0 as BuildKit does.
enum class UnknownNames { kRefuse, kAreRoot };

// Resolves --chown, and the owner of directories that WORKDIR makes. A name alone is its uid and
// primary gid, a number alone is both uid and gid, and an empty group ("app:") is gid 0. "root"
// needs no files. Throws kDockerfile for unknown names.
Owner resolve_chown(const sys::RootDir& root, std::string_view owner,
                    UnknownNames unknown = UnknownNames::kRefuse);

}  // namespace cairn::sandbox
