// SPDX-License-Identifier: Apache-2.0
//
// The order: history and views of new layers, squashing, diffIDs, then the repairs of the history,
// then times. Squashing comes before diffIDs, so that layers that vanish are never read. The
// config's bytes are the image id, so every step is deterministic; what BuildKit does with odd
// bases is followed line by line.
#include "output/compose.h"

#include <algorithm>
#include <span>

#include "base/error.h"

namespace cairn::output {
namespace {

using ImageLayers = decltype(ComposedImage::layers);

// A layer's line has the time of its snapshot; fill_times() sets that of an empty line.
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

// An empty line takes the time of the new layer before it, or of the first new layer if none is
// before it. Without any new layer, the time is that of the base (X06).
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

// Replaces the layers that --squash merges, the `made` ones or all, by one. History becomes what
// docker's --squash makes of it: every line stays, those of merged layers become empty, and one
// line is added for the merged layer.
void squash(Composition& composition, std::size_t base_lines, ImageLayers& layers,
            std::vector<LayerView>& made) {
  bool all = composition.squash == Squash::kAll;
  oci::ImageConfig& config = composition.config;
  std::size_t merged = made.size() + (all ? config.diff_ids.size() : 0);
  if (composition.squash == Squash::kNone || merged < 2) return;
  // The view of the top snapshot down to the base, exclusive: its diff is the merged layer.
  SnapshotId top = made.empty() ? composition.base_snapshot : made.back().snapshot;
  SnapshotId base = all ? SnapshotId::empty_root() : composition.base_snapshot;
  made = {{.snapshot = top,
           .clamp = composition.clamp,
           .base = store::LayerBase::below(std::move(base))}};
  if (all) {
    config.diff_ids.clear();
    layers.clear();
  }
  auto lines = std::span(config.history).subspan(all ? 0 : base_lines);
  for (oci::History& line : lines) line.empty_layer = true;
  config.history.push_back(
      {.created = composition.epoch, .comment = fmt::format("squashed {} layers", merged)});
}

// Docker refuses an image whose history and layers differ in number. This repairs it as BuildKit
// does (exporter/containerimage/writer.go, normalizeLayersAndHistory). Lines with a layer beyond
// the number of layers, counted from the bottom, become empty. Where lines are missing, one is
// appended for each of the topmost layers. A changed line of the base, and all after it, are not
// younger than the epoch.
void normalise_history(oci::ImageConfig& config, std::size_t base_lines,
                       const std::optional<Timestamp>& epoch) {
  std::size_t layers = config.diff_ids.size(), lines = 0;
  bool differs = false;
  std::vector<oci::History> made;  // the lines of new layers
  for (std::size_t i = 0; i < config.history.size(); ++i) {
    oci::History& line = config.history[i];
    if (!line.empty_layer && lines == layers) {
      line.empty_layer = true;
      differs = true;
    }
    if (!line.empty_layer) ++lines;
    if (!line.empty_layer && i >= base_lines) made.push_back(line);
    if (differs && i < base_lines && epoch && (!line.created || *line.created > *epoch)) {
      line.created = epoch;
    }
  }
  for (; lines < layers; ++lines) {
    // Nobody knows what made the base's own layers.
    std::size_t from_top = layers - lines;
    oci::History line{.created = epoch};
    if (from_top <= made.size()) line = made[made.size() - from_top];
    line.comment = "buildkit.exporter.image.v0";
    config.history.push_back(std::move(line));
  }
}

}  // namespace

ComposedImage compose(const LayerStore& from, Composition composition) {
  oci::ImageConfig& config = composition.config;
  ImageLayers layers;
  config.diff_ids.clear();
  config.history.clear();
  if (composition.base != nullptr) {
    config.diff_ids = composition.base->diff_ids;
    config.history = composition.base->history;
  }
  layers.resize(config.diff_ids.size());
  std::size_t base_lines = config.history.size();

  std::vector<LayerView> made;
  // One read transaction for all look-ups.
  from.store.reading([&] {
    for (const NewLine& line : composition.lines) {
      config.history.push_back(history_of(from.store, line, composition.epoch));
      if (line.snapshot) made.push_back({.snapshot = *line.snapshot, .clamp = composition.clamp});
    }
  });
  squash(composition, base_lines, layers, made);
  for (const LayerView& view : made) {
    config.diff_ids.push_back(layer_diff_id(from, view));
    layers.emplace_back(view);
  }
  normalise_history(config, base_lines, composition.epoch);
  fill_times(config.history, base_lines);
  config.created = std::nullopt;
  if (!config.history.empty()) config.created = config.history.back().created;
  if (!config.created && composition.epoch) config.created = composition.epoch;

  std::string bytes = oci::write_image_config(config);
  Digest id = Digest::of(bytes);
  return {.config = std::move(config),
          .config_bytes = std::move(bytes),
          .id = id,
          .layers = std::move(layers),
          .base_manifest = composition.base_manifest};
}

namespace {

// Whether everything that record_image() would write exists, so that a fully cached build writes
// nothing.
bool is_kept(store::Store& store, const ComposedImage& image,
             const std::vector<oci::ChainId>& chains, const std::vector<oci::Reference>& names) {
  std::optional<store::Image> known = store.images().find(image.id);
  if (!known) return false;
  for (const oci::Reference& name : names) {
    if (std::ranges::find(known->names, name) == known->names.end()) return false;
  }
  // If the top layer's chain is known, so are those below it.
  return image.layers.empty() || !image.layers.back() ||
         store.snapshots().find_by_chain(chains.back()) == image.layers.back();
}

}  // namespace

void record_image(store::Store& store, const ComposedImage& image,
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
  // Snapshots are made durable before the image that names them.
  store.sync();
  store.blobs().put(image.config_bytes);
  store.images().add({.id = image.id,
                      .created = image.config.created.value_or(Timestamp{}),
                      .size = size,
                      .platform = image.config.platform,
                      .names = names,
                      .base = image.base_manifest});
}

}  // namespace cairn::output
