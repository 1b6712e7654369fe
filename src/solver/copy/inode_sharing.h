// SPDX-License-Identifier: Apache-2.0
//
// Layers that share inodes. Two such layers must never be in one overlay stack, or unrelated paths
// would appear as hard links. So each layer with linked files records its origins: the layers that
// its inodes may come from.
//
// A file with one name in the whole store may be linked into any layer, unless its own layer is in
// the stack below. A file with several names may be a hard link of the image: it is copied, so that
// it shows no more names than it has there. Or its layer was linked from before: then it may be
// linked again, if no layer below shares an origin with that layer.
#pragma once

#include <set>
#include <string>

#include "solver/job.h"

namespace cairn::solver {

using LayerIds = std::set<SnapshotId>;

// The layers that inodes of this snapshot may come from, including itself.
LayerIds origins(const Job& job, const SnapshotId& snapshot);

// Records that `snapshot` has files linked from these layers. Call it in the transaction that
// commits the snapshot.
void record_origins(const Job& job, const SnapshotId& snapshot, const LayerIds& link_sources);

// The stack below the layer that a job makes. Read once, from the store's records.
class ParentStack {
 public:
  explicit ParentStack(const Job& job);

  bool has(const SnapshotId& snapshot) const { return layers_.contains(snapshot); }
  bool shares_with(const LayerIds& origins) const;

 private:
  LayerIds layers_;
  LayerIds origins_;  // of all layers of the stack
};

}  // namespace cairn::solver
