// SPDX-License-Identifier: Apache-2.0
//
// From what was built to an image: layers get diffIDs, history lines get times, and the config gets
// its bytes, whose digest is the image id (X03, X05, X06).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "oci/image_config.h"
#include "output/layers.h"
#include "store/store.h"

namespace cairn::output {

// One line of new history: a layer if it has a snapshot, otherwise empty.
struct NewLine {
  std::string created_by;
  std::string comment;
  std::optional<SnapshotId> snapshot;
};

// Which layers are merged into one: the new ones, or the base's too. Steps and their snapshots stay
// as they are; the merged layer is another view of them. With fewer than two layers to merge,
// nothing changes.
enum class Squash { kNone, kNew, kAll };

struct Composition {
  oci::ImageConfig config;                   // without rootfs, history and created
  const oci::ImageConfig* base = nullptr;    // its layers and history come first
  std::optional<Digest> base_manifest = {};  // the manifest the base's blobs came with
  std::vector<NewLine> lines;
  std::optional<Timestamp> epoch;  // SOURCE_DATE_EPOCH: the time of all new history
  Clamp clamp = {};                // of files in new layers
  Squash squash = Squash::kNone;
  SnapshotId base_snapshot = SnapshotId::empty_root();  // parent of the new layers
};

struct ComposedImage {
  oci::ImageConfig config;
  std::string config_bytes;
  Digest id;
  std::vector<std::optional<LayerView>> layers;  // one per diffID; nullopt for the base's layers
  std::optional<Digest> base_manifest = {};
};

// The resulting history has exactly one line for each layer, whatever the base's had (X03). May
// read the files of new layers to compute their diffIDs.
ComposedImage compose(const LayerStore& from, Composition composition);

// Records the image in the store and moves `names` (may be empty) to it. All its snapshots are
// durable afterwards.
void record_image(store::Store& store, const ComposedImage& image,
                  const std::vector<oci::Reference>& names);

}  // namespace cairn::output
