// SPDX-License-Identifier: Apache-2.0
//
// Id maps of user namespaces (user_namespaces(7)), and the subordinate ids of a user (subuid(5))
// they are made of. All of it is pure.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::sandbox {

// `count` ids from `inside` on are, seen from the parent namespace, those from `outside` on.
struct IdMapEntry {
  std::uint32_t inside = 0;
  std::uint32_t outside = 0;
  std::uint32_t count = 0;

  auto operator<=>(const IdMapEntry&) const = default;
};
using IdMap = std::vector<IdMapEntry>;

// The text of /proc/PID/uid_map; malformed lines are kHost errors (the kernel wrote it).
IdMap parse_id_map(std::string_view text);
// The same text, to be written in one write(2).
std::string id_map_text(const IdMap& map);

// Whether `id` inside the namespace means anything.
bool maps(const IdMap& map, std::uint32_t id);
// The map of a namespace in which every id of `outer` keeps its number. Extent by extent: the
// kernel takes an extent only when it lies within one extent of the parent.
IdMap identity_of(const IdMap& outer);

// A range of ids that an administrator lent to a user.
struct SubIds {
  std::uint32_t start = 0;
  std::uint32_t count = 0;

  bool operator==(const SubIds&) const = default;
};

// The ranges of /etc/subuid or /etc/subgid that belong to the user, by name and by uid alike, as
// newuidmap itself looks them up. Lines that make no sense, or overlap an earlier range, are passed
// over.
std::vector<SubIds> parse_sub_ids(std::string_view text, std::string_view name, std::uint32_t uid);

// Root inside is the user itself, and 1, 2, 3... are the lent ids one after another.
IdMap map_with_sub_ids(std::uint32_t own, const std::vector<SubIds>& lent);

}  // namespace cairn::sandbox
