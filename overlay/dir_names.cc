// SPDX-License-Identifier: Apache-2.0
//
// One node for each directory, with its name and the number of its parent; a map finds it by
// (parent, name). So a deep tree stores each name once. The bound is checked before a node is
// added, so memory stays within it whatever an archive names.
#include "overlay/dir_names.h"

#include <algorithm>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

namespace cairn::overlay {

void DirNames::add(std::span<const std::string> path) {
  constexpr std::size_t kNodeBytes = 128;  // roughly a map node and a Node, without the name
  std::uint32_t at = 0;
  for (const std::string& name : path) {
    auto known = index_.find(Key{at, name});
    if (known != index_.end()) {
      at = known->second;
      continue;
    }
    if (bytes_ + kNodeBytes + name.size() > limits::kTarDirectories) {
      if (when_full_ == WhenFull::kForget) return;
      throw Error::of(ErrorKind::kLimit,
                      "directories without entries of their own: their names take more than {}",
                      human_size(limits::kTarDirectories));
    }
    bytes_ += kNodeBytes + name.size();
    auto entry = index_.emplace(Key{at, name}, static_cast<std::uint32_t>(nodes_.size())).first;
    nodes_.push_back({.parent = at, .name = &entry->first.second});
    at = entry->second;
  }
  if (!nodes_[at].is_listed) ++count_;
  nodes_[at].is_listed = true;
}

std::optional<std::uint32_t> DirNames::find(std::span<const std::string> path) const {
  std::uint32_t at = 0;
  for (const std::string& name : path) {
    auto entry = index_.find(Key{at, name});
    if (entry == index_.end()) return std::nullopt;
    at = entry->second;
  }
  return at;
}

void DirNames::remove(std::span<const std::string> path) {
  if (empty()) return;
  std::optional<std::uint32_t> node = find(path);
  if (!node || !nodes_[*node].is_listed) return;
  // Nodes are never freed: their children may still need them.
  nodes_[*node].is_listed = false;
  --count_;
}

bool DirNames::contains(std::span<const std::string> path) const {
  std::optional<std::uint32_t> node = find(path);
  return node && nodes_[*node].is_listed;
}

// Walks up to the root, so a path is built only when it is asked for.
std::string DirNames::path_of(std::uint32_t node) const {
  if (node == 0) return ".";
  std::vector<std::string> names;
  for (; node != 0; node = nodes_[node].parent) names.push_back(*nodes_[node].name);
  std::ranges::reverse(names);
  return join(names, "/");
}

std::vector<std::string> DirNames::list() const {
  std::vector<std::string> paths;
  for_each([&](std::string path) { paths.push_back(std::move(path)); });
  return paths;
}

}  // namespace cairn::overlay
