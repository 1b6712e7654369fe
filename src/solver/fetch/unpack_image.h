// SPDX-License-Identifier: Apache-2.0
//
// Turns the layers of an image into snapshots. Missing layers are fetched, decompressed, verified
// and unpacked in one pass, several layers in parallel, each straight into a directory of its own
// (no mount per layer), then stacked in order.
#pragma once

#include <stop_token>

#include "progress/vertex_scope.h"
#include "sandbox/builder_namespace.h"
#include "snapshots/snapshotter.h"
#include "source/images.h"
#include "store/store.h"

namespace cairn::solver {

using store::SnapshotId;

// Whether blobs are needed besides snapshots: a pull wants the whole image, a build only roots.
enum class Fetch { kMissingSnapshots, kAlsoBlobs };

// Returns the snapshot of the image's root, and records the image
// in the store. Needs the builder's namespace, as files of any owner are created. Throws kRegistry
// for content that does not match its digest or diffID, kCancelled.
SnapshotId unpack_image(const sandbox::BuilderNamespace& where, store::Store& store,
                        snapshots::Snapshotter& snapshotter, source::Images& images,
                        const source::FoundImage& image, const progress::VertexScope& scope,
                        Fetch fetch, std::stop_token stop);

}  // namespace cairn::solver
