// SPDX-License-Identifier: Apache-2.0
#include "solver/workspace.h"

#include <fcntl.h>

#include "base/error.h"
#include "overlay/unpack.h"

namespace cairn::solver {
namespace {

sys::RootDir root_of(const sys::MountTree& tree) {
  return sys::RootDir(sys::reopen(tree.fd(), O_RDONLY | O_DIRECTORY));
}

// Not `dir` itself: mount_overlay() may put a directory beside what it mounts, and that must go
// too.
std::string empty_root(const sys::TempDir& dir) {
  std::string path = dir.path() + "/fs";
  sys::make_dirs(path, 0755);
  return path;
}

}  // namespace

View::View(store::Store& store, const std::string& snapshot)
    : empty_(snapshot.empty()
                 ? std::optional<sys::TempDir>(std::in_place, store.tmp_dir(), "empty-")
                 : std::nullopt),
      tree_(empty_ ? overlay::mount_overlay({{empty_root(*empty_)}}, std::nullopt,
                                            overlay::Durability::kVolatile)
                   : overlay::mount_overlay({store.snapshots().stack_paths(snapshot)}, std::nullopt,
                                            overlay::Durability::kVolatile)),
      root_(root_of(tree_)) {}

Workspace::Workspace(store::Store& store, std::string parent, Start start)
    : store_(store), parent_(std::move(parent)), dir_(store.tmp_dir(), "step-") {
  sys::make_dir_at(sys::open_path(dir_.path(), O_PATH | O_DIRECTORY), "fs", 0755);
  sys::chmod_fd(open_upper(), 0755);
  overlay::LayerStack stack{store_.snapshots().stack_paths(parent_)};
  // The upper directory's own metadata is that of "/" in the merged tree.
  if (!stack.lowers.empty()) overlay::fix_implied_dirs(upper(), {"."}, {{stack.lowers.back()}});
  if (start == Start::kEmpty) {
    root_.emplace(open_upper());
    return;
  }
  mount();
}

// A volatile overlay leaves a mark in its work directory, so that each mount needs one of its own.
void Workspace::mount() {
  std::string name = fmt::format("work{}", mounts_++);
  std::string work = dir_.path() + "/" + name;
  sys::make_dir_at(sys::open_path(dir_.path(), O_PATH | O_DIRECTORY), name.c_str(), 0700);
  tree_ = overlay::mount_overlay({store_.snapshots().stack_paths(parent_)},
                                 overlay::Upper{.upperdir = upper(), .workdir = work},
                                 overlay::Durability::kVolatile);
  root_.emplace(root_of(tree_));
}

const sys::RootDir& Workspace::root() {
  if (!root_) mount();
  return *root_;
}

overlay::BareDirectory Workspace::lay_bare(const std::string& path) {
  release_tree();
  sys::RootDir own(open_upper());
  overlay::BareDirectory dir{.upper = own.open_in(path, O_RDONLY | O_DIRECTORY)};
  if (parent_.empty()) return dir;
  if (!parent_view_) parent_view_.emplace(store_, parent_);
  std::optional<sys::Fd> lower = parent_view_->root().find_in(path, O_RDONLY | O_DIRECTORY);
  if (lower) dir.lower = std::move(*lower);
  return dir;
}

sys::Fd Workspace::open_upper() const {
  return sys::open_path(upper(), O_RDONLY | O_DIRECTORY);
}

Workspace::Look Workspace::look() const {
  overlay::LayerStack stack{store_.snapshots().stack_paths(parent_)};
  stack.lowers.push_back(upper());
  sys::MountTree tree = overlay::mount_overlay(stack, std::nullopt, overlay::Durability::kVolatile);
  sys::RootDir root = root_of(tree);
  return {.tree = std::move(tree), .root = std::move(root)};
}

sys::MountTree Workspace::release_tree() {
  root_.reset();
  return std::move(tree_);
}

std::string Workspace::commit() {
  root_.reset();
  tree_ = sys::MountTree();
  parent_view_.reset();
  std::string id = store::SnapshotIndex::new_id();
  sys::rename_path(upper(), store_.snapshots().path(id));
  store_.snapshots().add({.id = id, .parent = parent_, .created = now(), .last_used = now()});
  return id;
}

}  // namespace cairn::solver
