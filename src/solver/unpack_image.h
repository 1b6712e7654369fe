// SPDX-License-Identifier: Apache-2.0
//
// From an image's layers to snapshots: those that are missing are fetched, inflated, verified and
// unpacked at once, several layers side by side, straight into directories of their own (no mount
// per layer), then put on top of each other in order.
#pragma once

#include <stop_token>
#include <string>

#include "progress/vertex_scope.h"
#include "source/images.h"
#include "store/store.h"

namespace cairn::solver {

// Whether blobs are wanted besides snapshots: a pull makes the image whole, a build only needs
// roots.
enum class Fetch { kMissingSnapshots, kAlsoBlobs };

// The snapshot of the image's root, "" for an image without layers. The image is known to the store
// afterwards.
std::string unpack_image(store::Store& store, source::Images& images,
                         const source::FoundImage& image, const progress::VertexScope& scope,
                         Fetch fetch, std::stop_token stop);

}  // namespace cairn::solver
