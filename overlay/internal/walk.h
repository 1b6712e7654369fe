// SPDX-License-Identifier: Apache-2.0
//
// The walk behind diff(), write_layer() and write_tree(): one change at a time, in memory bounded
// by the directories from the root to where it stands.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "overlay/change.h"
#include "overlay/internal/layer_dirs.h"
#include "overlay/internal/marks.h"
#include "overlay/mount.h"

namespace cairn::overlay::internal {

// A directory taken as a root, and how to read its attributes and marks.
struct Tree {
  sys::Fd root;
  View view = View::kLayer;
  sys::MountTree mount;  // keeps a merged view alive
};

Tree open_layer(const std::string& upperdir);
// The layers' own directories, for a walk that merges them itself and so still sees their marks.
LayerDirs open_layers(const LayerStack& layers);
// The stack as one tree; nothing for an empty stack. Mounts when there is more than one layer.
std::optional<Tree> open_stack(const LayerStack& stack);

// Of a regular file: open at its start, or where it lies, and then its attributes were not looked
// at. Neither for everything else.
struct Content {
  sys::Fd open = {};
  std::shared_ptr<const sys::Fd> dir = {};
  std::string name = {};
  View view = View::kLayer;
};

class ChangeVisitor {
 public:
  virtual ~ChangeVisitor() = default;
  virtual void visit(Change change, Content content) = 0;
};

// Opens what was not, and completes the change by its attributes. For any thread.
void open_content(Change& change, Content& content);

// `below` is opened, and mounted if it is several layers, unless `upper` is empty.
void walk_changes(LayerDirs upper, const LayerStack& below, ChangeVisitor& visitor);

}  // namespace cairn::overlay::internal
