// SPDX-License-Identifier: Apache-2.0
#include "output/compose.h"

#include "base/error.h"
#include "base/json.h"

namespace cairn::output {
namespace {

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

  for (const NewLine& line : composition.lines) {
    oci::History entry{.created = composition.epoch,
                       .created_by = line.created_by,
                       .comment = line.comment,
                       .empty_layer = !line.snapshot.has_value()};
    if (line.snapshot) {
      LayerView view{.snapshot = *line.snapshot, .clamp = composition.clamp};
      config.diff_ids.push_back(layer_diff_id(store, view));
      image.layers.emplace_back(view);
      auto snapshot = store.snapshots().find(view.snapshot);
      if (snapshot && !composition.epoch) entry.created = snapshot->created;
    }
    config.history.push_back(std::move(entry));
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

void keep(store::Store& store, const ComposedImage& image,
          const std::vector<oci::Reference>& names) {
  std::vector<oci::ChainId> chains = oci::chain_ids(image.config.diff_ids);
  std::int64_t size = 0;
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    if (image.layers[i]) {
      store.snapshots().set_chain(chains[i], *image.layers[i]);
    }
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
