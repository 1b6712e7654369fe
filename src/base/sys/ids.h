// SPDX-License-Identifier: Apache-2.0
//
// Owners, and the ids that this user namespace does not map (user_namespaces(7)). chown(2) fails
// with a bare EINVAL for them, so a better message is made here.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/owner.h"
#include "base/sys/fd.h"

namespace cairn::sys {

// Gives the entry `path` of an open directory, or with "" that directory itself, to this owner. It
// does not follow a symlink.
void chown_at(const Fd& dir, const char* path, const Owner& owner);

// The error for a failed chown of `path` to an id that this process does not have, or has but may
// not give. Names the id, the ids that exist, and how to get more.
Error unmapped_id(const std::string& path, const Owner& owner);

// The same from the texts of /proc/self/{uid,gid}_map. `user` returns the name of a uid outside the
// namespace; `has_newuidmap` says whether that program is installed. Pure.
struct IdFacts {
  std::string_view uid_map;
  std::string_view gid_map;
  std::string (*user)(uid_t uid);
  bool has_newuidmap;
};
Error unmapped_id(const std::string& path, const Owner& owner, const IdFacts& facts);

// Whether both ids are mapped here.
bool has_ids(const Owner& owner);

// Whether this is the id by which the kernel shows owners that have no mapping here: 65534
// (/proc/sys/kernel/overflowuid), unless the namespace maps 65534 itself.
bool is_overflow_id(const Owner& owner);

}  // namespace cairn::sys
