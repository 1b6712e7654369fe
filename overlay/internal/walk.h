// SPDX-License-Identifier: Apache-2.0
//
// The walk behind diff(), write_layer() and write_tree(): one change at a time. Memory is bounded
// by the directories from the root to the current one, and by the names of hard-linked inodes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/sys/mount.h"
#include "overlay/change.h"
#include "overlay/internal/layer_dirs.h"
#include "overlay/internal/overlay_xattrs.h"
#include "overlay/layer_stack.h"

namespace cairn::overlay::internal {

// A directory taken as a root, and how to read its attributes and marks.
struct Tree {
  sys::Fd root;
  XattrForm view = XattrForm::kLayer;
  sys::MountTree mount;  // keeps a merged view alive
};

Tree open_layer(const std::string& upperdir);
// The layers' own directories, for a walk that merges them itself and so still sees their marks.
LayerDirs open_layers(const LayerStack& layers);
// The stack as one tree; nullopt for an empty stack. Mounts if there is more than one layer.
std::optional<Tree> open_stack(const LayerStack& stack);

// A regular file's content: either an open descriptor, or its directory and name (then xattrs are
// not read yet). Empty for other types.
struct Content {
  sys::Fd open = {};
  std::shared_ptr<const sys::Fd> dir = {};
  std::string name = {};
  XattrForm view = XattrForm::kLayer;
};

class ChangeVisitor {
 public:
  virtual ~ChangeVisitor() = default;
  virtual void visit(Change change, Content content) = 0;
};

// Opens the file if it is not open yet, and reads its attributes into the change. Thread-safe.
void open_content(Change& change, Content& content);

// Opens `below`, and mounts it if it is several layers, unless `upper` is empty. `clamp` is the
// latest time the changes will be written with; times are compared after clamping.
void walk_changes(LayerDirs upper, const LayerStack& below, ChangeVisitor& visitor,
                  const Clamp& clamp = {});

}  // namespace cairn::overlay::internal
