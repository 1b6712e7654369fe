// SPDX-License-Identifier: Apache-2.0
//
// Layers as views of snapshots (DESIGN D4): a layer has no bytes until somebody wants them. Its
// diffID is the digest of a tar that was never written anywhere; its blob is made when a push or an
// archive asks for one. Both are remembered. Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/compress.h"
#include "oci/descriptor.h"
#include "oci/ids.h"
#include "overlay/mount.h"
#include "store/store.h"

namespace cairn::output {

using store::LayerView;

oci::DiffId layer_diff_id(store::Store& store, const LayerView& view);

enum class MediaTypes { kOci, kDocker };
struct BlobOptions {
  MediaTypes types = MediaTypes::kOci;
  Compression compression = Compression::kGzip;
  std::optional<int> level = {};  // of what is compressed now
  bool force = false;             // also re-compress layers that are here in another compression
};

// The blob of a layer with that diffID, made if need be: from its snapshot, or from another blob.
oci::Descriptor layer_blob(store::Store& store, const oci::DiffId& diff_id,
                           const std::optional<LayerView>& view, const BlobOptions& options);

}  // namespace cairn::output
