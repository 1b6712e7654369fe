// SPDX-License-Identifier: Apache-2.0
#include "output/compose.h"

#include <algorithm>
#include <span>

#include "base/error.h"
#include "base/json.h"

namespace cairn::output {
namespace {

// A layer is as old as its snapshot, an empty line as what fill_times() finds.
oci::History history_of(store::Store& store, const NewLine& line,
                        const std::optional<Timestamp>& epoch) {
  oci::History entry{.created = epoch,
                     .created_by = line.created_by,
                     .comment = line.comment,
                     .empty_layer = !line.snapshot.has_value()};
  if (line.snapshot && !epoch) {
    if (auto snapshot = store.snapshots().find(*line.snapshot)) entry.created = snapshot->created;
  }
  return entry;
}

// Metadata lines take the time of the new layer before them, those before the first one its time;
// an image without new layers takes the time of its base (X06).
void fill_times(std::vector<oci::History>& history, std::size_t base_lines) {
  std::optional<Timestamp> time;
  for (std::size_t i = base_lines; i < history.size() && !time; ++i) time = history[i].created;
  bool has_new_layer = time.has_value();
  for (std::size_t i = 0; i < base_lines && !has_new_layer; ++i) {
    if (history[i].created) time = history[i].created;
  }
  for (std::size_t i = base_lines; i < history.size(); ++i) {
    if (history[i].created) {
      time = history[i].created;
    } else {
      history[i].created = time;
    }
  }
}

// Puts one layer in the place of those that --squash merges, the `made` ones or all. History
// becomes what docker's --squash made of it: every line stays, those of merged layers as empty
// ones, and one more is the new layer.
void squash(Composition& composition, std::size_t base_lines, ComposedImage& image,
            std::vector<LayerView>& made) {
  bool all = composition.squash == Squash::kAll;
  oci::ImageConfig& config = composition.config;
  std::size_t merged = made.size() + (all ? config.diff_ids.size() : 0);
  if (composition.squash == Squash::kNone || merged < 2) return;
  std::string top = made.empty() ? composition.base_snapshot : made.back().snapshot;
  made = {
      {.snapshot = top, .clamp = composition.clamp, .base = all ? "" : composition.base_snapshot}};
  if (all) {
    config.diff_ids.clear();
    image.layers.clear();
  }
  auto lines = std::span(config.history).subspan(all ? 0 : base_lines);
  for (oci::History& line : lines) line.empty_layer = true;
  config.history.push_back(
      {.created = composition.epoch, .comment = fmt::format("squashed {} layers", merged)});
}

}  // namespace

ComposedImage compose(store::Store& store, Composition composition) {
  oci::ImageConfig& config = composition.config;
  ComposedImage image{.config = {}, .config_bytes = {}, .id = Digest::of(""), .layers = {}};
  config.diff_ids.clear();
  config.history.clear();
  if (composition.base != nullptr) {
    config.diff_ids = composition.base->diff_ids;
    config.history = composition.base->history;
  }
  image.layers.resize(config.diff_ids.size());
  std::size_t base_lines = config.history.size();

  std::vector<LayerView> made;
  store.reading([&] {
    for (const NewLine& line : composition.lines) {
      config.history.push_back(history_of(store, line, composition.epoch));
      if (line.snapshot) made.push_back({.snapshot = *line.snapshot, .clamp = composition.clamp});
    }
  });
  squash(composition, base_lines, image, made);
  for (const LayerView& view : made) {
    config.diff_ids.push_back(layer_diff_id(store, view));
    image.layers.emplace_back(view);
  }
  fill_times(config.history, base_lines);
  config.created = std::nullopt;
  if (!config.history.empty()) config.created = config.history.back().created;
  if (!config.created && composition.epoch) config.created = composition.epoch;

  image.config_bytes = canonical(oci::to_json(config));
  image.id = Digest::of(image.config_bytes);
  image.config = std::move(config);
  return image;
}

namespace {

// Whether all that keep() would write is there: then a build that found everything writes nothing.
bool is_kept(store::Store& store, const ComposedImage& image,
             const std::vector<oci::ChainId>& chains, const std::vector<oci::Reference>& names) {
  std::optional<store::Image> known = store.images().find(image.id);
  if (!known) return false;
  for (const oci::Reference& name : names) {
    if (std::ranges::find(known->names, name) == known->names.end()) return false;
  }
  // The top layer is on those below.
  return image.layers.empty() || !image.layers.back() ||
         store.snapshots().find_by_chain(chains.back()) == image.layers.back();
}

}  // namespace

void keep(store::Store& store, const ComposedImage& image,
          const std::vector<oci::Reference>& names) {
  std::vector<oci::ChainId> chains = oci::chain_ids(image.config.diff_ids);
  if (is_kept(store, image, chains, names)) return;
  store.atomically([&] {
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
      if (image.layers[i]) store.snapshots().set_chain(chains[i], *image.layers[i]);
    }
  });
  std::int64_t size = 0;
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    if (auto layer = store.snapshots().find_by_chain(chains[i])) {
      size += store.snapshots().layer_size(*layer);
    }
  }
  store.sync();
  store.blobs().put(image.config_bytes);
  store.images().add({.id = image.id,
                      .created = image.config.created.value_or(Timestamp{}),
                      .size = size,
                      .platform = image.config.platform,
                      .names = names});
}

}  // namespace cairn::output
