// SPDX-License-Identifier: Apache-2.0
//
// Id maps of user namespaces (user_namespaces(7)), and the subordinate ids of a user (subuid(5))
// they are made of. Pure functions.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::sandbox {

// Maps `count` ids from `inside` on to those from `outside` on in the parent namespace.
struct IdMapEntry {
  std::uint32_t inside = 0;
  std::uint32_t outside = 0;
  std::uint32_t count = 0;

  auto operator<=>(const IdMapEntry&) const = default;
};
using IdMap = std::vector<IdMapEntry>;

// Parses /proc/PID/uid_map. Throws kHost for a malformed line.
IdMap parse_id_map(std::string_view text);
// The text for /proc/PID/uid_map; the kernel takes it in a single write(2).
std::string id_map_text(const IdMap& map);

// Whether `id` inside the namespace is mapped.
bool maps(const IdMap& map, std::uint32_t id);
// The map of a nested namespace in which every id of `outer` keeps its number. Entry by entry,
// because the kernel takes an entry only if it lies within one entry of the parent.
IdMap identity_of(const IdMap& outer);

// A range of ids that the administrator delegated to a user.
struct SubIds {
  std::uint32_t start = 0;
  std::uint32_t count = 0;

  bool operator==(const SubIds&) const = default;
};

// The user's ranges in /etc/subuid or /etc/subgid, by name or by uid, as newuidmap looks them up.
// Skips malformed lines and ranges that overlap an earlier one.
std::vector<SubIds> parse_sub_ids(std::string_view text, std::string_view name, std::uint32_t uid);

// Root inside is the user; 1, 2, 3... are the delegated ids in order.
IdMap map_with_sub_ids(std::uint32_t own, const std::vector<SubIds>& lent);

}  // namespace cairn::sandbox
