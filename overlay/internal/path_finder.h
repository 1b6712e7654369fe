// SPDX-License-Identifier: Apache-2.0
//
// Finds the directory of each archive entry below a root, one component at a time and by
// descriptor, so that nothing in an archive can lead outside: we read symlinks ourselves and
// resolve them inside the root, where ".." stops. The finder stays in the directory of the last
// entry. Archives are ordered, so most lookups cost no system call.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/dir_names.h"
#include "overlay/internal/dir_chain.h"

namespace cairn::overlay::internal {

// Splits a path: "a//b/../c/." is {"a", "c"}. ".." never leaves the root, which is {}.
std::vector<std::string> path_parts(std::string_view path);

enum class Missing { kFail, kMake };

// Bounds on where an archive may lead. Symlinks add to the depth and length of its own names.
struct PathBounds {
  std::size_t depth = SIZE_MAX;  // directories below the root
  std::size_t bytes = SIZE_MAX;  // of the path of a directory
  DirNames::WhenFull many_implied = DirNames::WhenFull::kFail;
};

// The mtime of a directory changes with its entries and must be restored once all are there. So
// callers that change a directory's entries use changing() instead of dir(): it remembers the
// mtime, which is set again when the finder leaves the directory. Nothing is remembered for
// directories already left.
class PathFinder {
 public:
  explicit PathFinder(sys::Fd root, PathBounds bounds = {})
      : chain_(std::move(root)), bounds_(bounds), times_(1), implied_(bounds.many_implied) {}

  // Enters the directory with these names, following all symlinks. Missing directories are made
  // (0755 0:0) and noted as implied, or enter() returns false, as `missing` says. A name that is
  // neither directory nor symlink is kCorrupt under kMake, and false under kFail.
  bool enter(std::span<const std::string> parts, Missing missing);
  // Returns to the root; the mtimes of all directories are restored.
  void leave();

  const sys::Fd& dir() const { return chain_.top(); }
  const sys::Fd& changing();  // dir(), about to be changed
  // The mtime to set when the finder leaves the current directory.
  void set_time(Timestamp mtime);
  // The current path without symlinks: "" or "a/b".
  std::string path() const;
  std::string path_of(const std::string& name) const;
  const std::vector<std::string>& names() const { return names_; }

  // Called for each directory that enter() makes; only its final mtime is not set yet.
  void on_made(std::function<void(const sys::Fd&)> call) { on_made_ = std::move(call); }
  // Directories made by enter() that no entry named afterwards.
  DirNames& implied() { return implied_; }

 private:
  bool step(const std::string& name, Missing missing, std::vector<std::string>& todo, int& links);
  enum class InPlaceOf { kNothing, kWhiteout };
  void make(const std::string& name, InPlaceOf before);
  void down(sys::Fd dir, const std::string& name);
  void up();
  void restore_time();

  DirChain chain_;
  PathBounds bounds_;
  std::vector<std::string> names_;               // of the directories in chain_, below the root
  std::size_t bytes_ = 0;                        // length of names_ as a path
  std::vector<std::optional<Timestamp>> times_;  // mtimes to restore, the root's first
  std::function<void(const sys::Fd&)> on_made_;
  DirNames implied_;
};

}  // namespace cairn::overlay::internal
