// SPDX-License-Identifier: Apache-2.0
//
// Layers as views of snapshots: a layer has no bytes until they are needed. Its diffID is the
// digest of a tar that is never written to disk; its blob is made for a push or an archive. The
// store remembers both. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "base/compress.h"
#include "oci/descriptor.h"
#include "oci/ids.h"
#include "progress/sink.h"
#include "snapshots/snapshotter.h"
#include "store/store.h"

namespace cairn::output {

using store::LayerView;
using store::SnapshotId;

// Where layers come from: blobs of the store, and files of its snapshots. All is borrowed.
struct LayerStore {
  store::Store& store;
  snapshots::Snapshotter& snapshotter;
  progress::Sink* sink = nullptr;  // gets a LayerMade for each layer that is made; null: nobody
};

enum class MediaTypes { kOci, kDocker };
struct BlobOptions {
  MediaTypes types = MediaTypes::kOci;
  Compression compression = Compression::kGzip;
  std::optional<int> level = {};  // for new blobs; unset: the default
  bool force = false;             // re-compress layers that exist in another compression
  bool keep_types = false;        // a pulled manifest keeps its media types, whatever `types` says
};

oci::DiffId layer_diff_id(const LayerStore& from, const LayerView& view);

// Computes the diffID of a new layer, and makes its blob if `blob` is given, in a single pass over
// the files. Does nothing if the diffID is known. Throws kCancelled on a stop request.
void prepare_layer(const LayerStore& from, const LayerView& view,
                   const std::optional<BlobOptions>& blob, std::stop_token stop);

// The blob's descriptor with the media type of that family. Annotations are dropped.
oci::Descriptor in_types(const oci::Descriptor& blob, MediaTypes types);

// The blob of the layer with that diffID. If there is none, it is made from the snapshot or from
// another blob. Throws kCorrupt if the bytes do not have that diffID.
oci::Descriptor layer_blob(const LayerStore& from, const oci::DiffId& diff_id,
                           const std::optional<LayerView>& view, const BlobOptions& options);

}  // namespace cairn::output
