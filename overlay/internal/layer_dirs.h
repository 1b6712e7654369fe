// SPDX-License-Identifier: Apache-2.0
//
// Walks the directories of several layers at once, merged as overlayfs merges them. A mount of the
// same layers would hide what a diff needs: the whiteouts and opaque directories that refer to
// still lower layers. The rules of overlayfs, for each name:
//
// - The highest layer that has the name decides. A whiteout there deletes it from all layers below.
// - A directory is merged with those of the same name further down, until one is opaque or a layer
//   has something other than a directory there. Nothing lower shows in it or in its subdirectories.
// - Its metadata is that of the highest layer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "overlay/internal/dir_chain.h"
#include "overlay/internal/overlay_xattrs.h"

namespace cairn::overlay::internal {

struct LayerEntry {
  std::string name;
  std::optional<std::size_t> layer{};  // highest layer with the name, 0 = lowest; none: only below
};

class LayerDirs {
 public:
  // Takes the roots of the layers, the lowest first. A merged view counts as one layer without
  // marks.
  LayerDirs(std::vector<sys::Fd> roots, XattrForm view);

  XattrForm view() const { return view_; }

  // The entries of the current directory, in byte order.
  std::vector<LayerEntry> list() const;
  // Whether the current directory hides everything below all these layers.
  bool hides_below() const { return levels_.back().hides_below; }
  // The directory that contains `entry`; after push(entry), the entry itself.
  const sys::Fd& dir(const LayerEntry& entry) const { return chains_[*entry.layer].top(); }
  bool is_whiteout(const LayerEntry& entry, const struct stat& st) const;
  // Whether its layer replaces even what it equals (layer_marks.h).
  bool replaces(const LayerEntry& entry) const { return replaces_[*entry.layer]; }

  void push(const LayerEntry& entry);  // enters a directory
  void pop();

 private:
  struct Part {
    std::size_t layer;
    bool holds_whiteouts = false;  // overlay.opaque=x
  };
  struct Level {
    std::vector<Part> parts{};  // one for each merged layer, the highest first
    bool hides_below = false;
  };
  bool join(Level& level, std::size_t layer);

  XattrForm view_;
  std::vector<DirChain> chains_;
  std::vector<bool> replaces_;  // by layer
  std::vector<Level> levels_;
};

}  // namespace cairn::overlay::internal
