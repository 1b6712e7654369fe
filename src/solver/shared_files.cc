// SPDX-License-Identifier: Apache-2.0
#include "solver/shared_files.h"

#include <algorithm>
#include <vector>

namespace cairn::solver {
LayerIds origins(const Job& job, const std::string& snapshot) {
  std::vector<std::string> others = job.shop.store.snapshots().origins(snapshot);
  LayerIds found(others.begin(), others.end());
  found.insert(snapshot);
  return found;
}

void record_origins(const Job& job, const std::string& snapshot, const LayerIds& donors) {
  LayerIds all;
  for (const std::string& donor : donors) all.merge(origins(job, donor));
  job.shop.store.snapshots().put_origins(snapshot, {all.begin(), all.end()});
}

StackBelow::StackBelow(const Job& job) {
  if (job.parent().snapshot.empty()) return;
  for (const std::string& layer : job.shop.store.snapshots().stack(job.parent().snapshot)) {
    layers_.insert(layer);
    origins_.merge(origins(job, layer));
  }
}

bool StackBelow::shares_with(const LayerIds& origins) const {
  return std::ranges::any_of(origins, [&](const std::string& id) { return origins_.contains(id); });
}

}  // namespace cairn::solver
