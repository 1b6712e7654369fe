// SPDX-License-Identifier: Apache-2.0
//
// Origins are stored transitively: a layer that links from a layer with origins of its own records
// all of them. So one look at the records of each layer answers whether two stacks share an inode,
// and no chain has to be followed through layers that were deleted meanwhile.
#include "solver/copy/inode_sharing.h"

#include <algorithm>
#include <vector>

namespace cairn::solver {
LayerIds origins(const Job& job, const SnapshotId& snapshot) {
  std::vector<SnapshotId> others = job.services.store.snapshots().origins(snapshot);
  LayerIds found(others.begin(), others.end());
  found.insert(snapshot);
  return found;
}

void record_origins(const Job& job, const SnapshotId& snapshot, const LayerIds& link_sources) {
  LayerIds all;
  for (const SnapshotId& donor : link_sources) all.merge(origins(job, donor));
  job.services.store.snapshots().put_origins(snapshot, {all.begin(), all.end()});
}

ParentStack::ParentStack(const Job& job) {
  if (job.parent().snapshot.is_empty_root()) return;
  for (const SnapshotId& layer : job.services.store.snapshots().stack(job.parent().snapshot)) {
    layers_.insert(layer);
    origins_.merge(origins(job, layer));
  }
}

bool ParentStack::shares_with(const LayerIds& origins) const {
  return std::ranges::any_of(origins, [&](const SnapshotId& id) { return origins_.contains(id); });
}

}  // namespace cairn::solver
