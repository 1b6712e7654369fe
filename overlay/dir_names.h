// SPDX-License-Identifier: Apache-2.0
//
// A set of directories below a root, by path. Each directory costs its own name and not its whole
// path, so a chain of n nested directories takes n names and not n * n. The names come from
// archives, so the set has a bound (limits::kTarDirectories, bytes). Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::overlay {

class DirNames {
 public:
  enum class WhenFull { kFail, kForget };  // add() throws kLimit, or drops the path

  explicit DirNames(WhenFull when_full = WhenFull::kFail) : when_full_(when_full), nodes_(1) {}

  // Paths are lists of names, without symlinks, "." and ".."; {} is the root itself.
  void add(std::span<const std::string> path);
  void remove(std::span<const std::string> path);
  bool contains(std::span<const std::string> path) const;
  bool empty() const { return count_ == 0; }

  // Visits the listed directories as names joined by "/", "." for the root, parents before
  // children. The paths together may be far larger than the set, so prefer this to list().
  template <typename Visit>
  void for_each(Visit visit) const;
  std::vector<std::string> list() const;

 private:
  struct Node {
    std::uint32_t parent = 0;
    const std::string* name = nullptr;  // in index_; null for the root
    bool is_listed = false;
  };
  using Key = std::pair<std::uint32_t, std::string>;  // the node of the parent, and a name

  std::optional<std::uint32_t> find(std::span<const std::string> path) const;
  std::string path_of(std::uint32_t node) const;

  WhenFull when_full_;
  std::map<Key, std::uint32_t> index_;
  std::vector<Node> nodes_;  // the root first, and parents before what is below them
  std::size_t bytes_ = 0;
  std::size_t count_ = 0;
};

template <typename Visit>
void DirNames::for_each(Visit visit) const {
  for (std::uint32_t node = 0; node < nodes_.size(); ++node) {
    if (nodes_[node].is_listed) visit(path_of(node));
  }
}

}  // namespace cairn::overlay
