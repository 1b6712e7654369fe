// SPDX-License-Identifier: Apache-2.0
//
// Layers as views of snapshots (DESIGN D4): a layer has no bytes until somebody wants them. Its
// diffID is the digest of a tar that was never written anywhere; its blob is made for a push or an
// archive. Both are remembered. Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "base/compress.h"
#include "oci/descriptor.h"
#include "oci/ids.h"
#include "overlay/mount.h"
#include "store/store.h"

namespace cairn::output {

using store::LayerView;

enum class MediaTypes { kOci, kDocker };
struct BlobOptions {
  MediaTypes types = MediaTypes::kOci;
  Compression compression = Compression::kGzip;
  std::optional<int> level = {};  // of what is compressed now
  bool force = false;             // also re-compress layers that are here in another compression
};

oci::DiffId layer_diff_id(store::Store& store, const LayerView& view);

// Takes the diffID of a new layer, and makes its blob if one is going to be wanted, in one reading
// of the files. Nothing when the diffID is known. Throws kCancelled once stopped.
void prepare_layer(store::Store& store, const LayerView& view,
                   const std::optional<BlobOptions>& blob, std::stop_token stop);

// The blob of a layer with that diffID, made if need be: from its snapshot, or from another blob.
oci::Descriptor layer_blob(store::Store& store, const oci::DiffId& diff_id,
                           const std::optional<LayerView>& view, const BlobOptions& options);

}  // namespace cairn::output
