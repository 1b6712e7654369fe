// SPDX-License-Identifier: Apache-2.0
//
// One directory after the other of several layers at once, merged as overlayfs merges them. A mount
// of the same layers would hide what a walk for changes is after: the whiteouts and opaque
// directories that speak of still lower layers. What overlayfs does, name by name:
//
// - the highest layer that has a name decides; a whiteout there deletes it from all below;
// - a directory is joined with those of its name further down, until one is opaque or until a layer
//   has something else there; then nothing lower shows in it, nor in what is below it;
// - its metadata are those of the highest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "overlay/internal/dir_chain.h"
#include "overlay/internal/marks.h"

namespace cairn::overlay::internal {

struct LayerEntry {
  std::string name;
  std::optional<std::size_t> layer{};  // the highest that has the name, counted from the lowest
};

class LayerDirs {
 public:
  // The roots of the layers, the lowest first; a merged view is one layer without marks.
  LayerDirs(std::vector<sys::Fd> roots, View view);

  View view() const { return view_; }

  // Of the directory where it stands, in byte order.
  std::vector<LayerEntry> list() const;
  // Whether it shows nothing of a tree below all these layers.
  bool hides_below() const { return levels_.back().hides_below; }
  // Where `entry` is, and after push() what it is.
  const sys::Fd& dir(const LayerEntry& entry) const { return chains_[*entry.layer].top(); }
  bool is_whiteout(const LayerEntry& entry, const struct stat& st) const;

  void push(const LayerEntry& entry);  // which is a directory
  void pop();

 private:
  struct Part {
    std::size_t layer;
    bool holds_whiteouts = false;  // opaque=x
  };
  struct Level {
    std::vector<Part> parts{};  // the highest first
    bool hides_below = false;
  };
  bool join(Level& level, std::size_t layer);

  View view_;
  std::vector<DirChain> chains_;
  std::vector<Level> levels_;
};

}  // namespace cairn::overlay::internal
