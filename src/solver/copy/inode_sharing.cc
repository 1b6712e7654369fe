// SPDX-License-Identifier: Apache-2.0
//
// Origins are stored transitively: a layer that links from a layer with origins of its own records
// all of them. So one look at the records of each layer answers whether two stacks share an inode,
// and no chain has to be followed through layers that were deleted meanwhile.
#include "solver/copy/inode_sharing.h"

#include <algorithm>
#include <vector>

namespace cairn::solver {
LayerIds origins(const Job& job, const std::string& snapshot) {
  std::vector<std::string> others = job.services.store.snapshots().origins(snapshot);
  LayerIds found(others.begin(), others.end());
  found.insert(snapshot);
  return found;
}

void record_origins(const Job& job, const std::string& snapshot, const LayerIds& link_sources) {
  LayerIds all;
  for (const std::string& donor : link_sources) all.merge(origins(job, donor));
  job.services.store.snapshots().put_origins(snapshot, {all.begin(), all.end()});
}

ParentStack::ParentStack(const Job& job) {
  if (job.parent().snapshot.empty()) return;
  for (const std::string& layer : job.services.store.snapshots().stack(job.parent().snapshot)) {
    layers_.insert(layer);
    origins_.merge(origins(job, layer));
  }
}

bool ParentStack::shares_with(const LayerIds& origins) const {
  return std::ranges::any_of(origins, [&](const std::string& id) { return origins_.contains(id); });
}

}  // namespace cairn::solver
