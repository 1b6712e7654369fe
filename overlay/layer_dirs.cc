// SPDX-License-Identifier: Apache-2.0
//
// One DirChain for each layer. Each level of the walk lists the layers whose directories are merged
// there, so only those chains move on push and pop. Whether the lower tree is hidden is inherited
// downwards: below an opaque directory everything is new.
#include "overlay/internal/layer_dirs.h"

#include <fcntl.h>

#include <algorithm>

#include "base/error.h"
#include "overlay/layer_marks.h"

namespace cairn::overlay::internal {

LayerDirs::LayerDirs(std::vector<sys::Fd> roots, XattrForm view) : view_(view) {
  CAIRN_ASSERT(!roots.empty(), "a walk through no layers");
  // All chains together hold about as many descriptors as one alone would.
  // Each layer has a chain of its own, and a walk must not take more descriptors for many layers.
  std::size_t max_open = std::max<std::size_t>(1, DirChain::kMaxOpen / roots.size());
  for (sys::Fd& root : roots) {
    replaces_.push_back(view == XattrForm::kLayer && is_replacing(root));
    chains_.emplace_back(std::move(root), max_open);
  }
  Level level;
  for (std::size_t layer = chains_.size(); layer > 0 && join(level, layer - 1); --layer) {
  }
  levels_.push_back(std::move(level));
}

// Adds a layer's current directory. Returns false if it is opaque, so that nothing lower shows.
bool LayerDirs::join(Level& level, std::size_t layer) {
  Opacity mark = view_ == XattrForm::kLayer ? opacity(chains_[layer].top()) : Opacity::kNone;
  level.parts.push_back({.layer = layer, .holds_whiteouts = mark == Opacity::kHoldsWhiteouts});
  level.hides_below |= mark == Opacity::kOpaque;
  return mark != Opacity::kOpaque;
}

std::vector<LayerEntry> LayerDirs::list() const {
  std::vector<LayerEntry> entries;
  for (const Part& part : levels_.back().parts) {
    for (sys::DirEntry& entry : sys::list_dir(chains_[part.layer].top())) {
      entries.push_back({.name = std::move(entry.name), .layer = part.layer});
    }
  }
  // Stable, so that of equal names the highest layer's stays first and is kept.
  std::ranges::stable_sort(entries, {}, &LayerEntry::name);
  auto same_name = [](const LayerEntry& a, const LayerEntry& b) { return a.name == b.name; };
  entries.erase(std::unique(entries.begin(), entries.end(), same_name), entries.end());
  return entries;
}

bool LayerDirs::is_whiteout(const LayerEntry& entry, const struct stat& st) const {
  if (is_whiteout_device(st)) return true;
  if (!S_ISREG(st.st_mode) || st.st_size != 0) return false;
  auto part = std::ranges::find(levels_.back().parts, *entry.layer, &Part::layer);
  return part->holds_whiteouts && has_whiteout_mark(dir(entry), entry.name.c_str());
}

void LayerDirs::push(const LayerEntry& entry) {
  const std::vector<Part>& parts = levels_.back().parts;
  Level level{.hides_below = levels_.back().hides_below};
  // Only layers from the entry's own downwards can take part: higher ones do not have the name.
  for (auto part = std::ranges::find(parts, *entry.layer, &Part::layer); part != parts.end();
       ++part) {
    DirChain& chain = chains_[part->layer];
    std::optional<struct stat> st = sys::find_stat_at(chain.top(), entry.name.c_str());
    // Something other than a directory ends the merge here, as a whiteout does.
    if (!st) continue;
    if (!S_ISDIR(st->st_mode)) {
      level.hides_below = true;
      break;
    }
    chain.push(sys::open_at(chain.top(), entry.name.c_str(), sys::kOpenDir));
    if (!join(level, part->layer)) break;
  }
  levels_.push_back(std::move(level));
}

void LayerDirs::pop() {
  CAIRN_ASSERT(levels_.size() > 1, "leaving the root of a walk");
  for (const Part& part : levels_.back().parts) chains_[part.layer].pop();
  levels_.pop_back();
}

}  // namespace cairn::overlay::internal
