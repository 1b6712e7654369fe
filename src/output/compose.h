// SPDX-License-Identifier: Apache-2.0
//
// From what was built to an image: layers get diffIDs, history gets times, and the config its bytes
// and thereby the image its id (FEATURES X03, X05, X06).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "oci/image_config.h"
#include "output/layers.h"
#include "store/store.h"

namespace cairn::output {

// One line of new history: with a snapshot it is a layer, without one it is empty.
struct NewLine {
  std::string created_by;
  std::string comment;
  std::optional<std::string> snapshot;
};

// Which layers become one: the new ones, or the base's too. The steps and their snapshots stay what
// they are; the one layer is another view of them. Where there is at most one to merge, the image
// is the same as without.
enum class Squash { kNone, kNew, kAll };

struct Composition {
  oci::ImageConfig config;                 // without rootfs, history and created
  const oci::ImageConfig* base = nullptr;  // its layers and history come first
  std::vector<NewLine> lines;
  std::optional<Timestamp> epoch;          // SOURCE_DATE_EPOCH: the time of all new history
  std::optional<std::int64_t> clamp = {};  // files of new layers are not younger
  Squash squash = Squash::kNone;
  std::string base_snapshot = {};  // where new layers start, "" when the base has no files
};

struct ComposedImage {
  oci::ImageConfig config;
  std::string config_bytes;
  Digest id;
  std::vector<std::optional<LayerView>> layers;  // one per diffID; base layers are no views of ours
};

ComposedImage compose(store::Store& store, Composition composition);

// Records the image, with `names` (may be none) moved to it. All its snapshots are durable
// afterwards.
void keep(store::Store& store, const ComposedImage& image,
          const std::vector<oci::Reference>& names);

}  // namespace cairn::output
