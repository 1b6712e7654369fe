// SPDX-License-Identifier: Apache-2.0
#include "solver/shared_files.h"

#include <algorithm>

#include "base/json.h"

namespace cairn::solver {
namespace {

Digest origins_key(const std::string& snapshot) {
  return Digest::of("origins of files in " + snapshot);
}

Digest lent_key(const std::string& snapshot) {
  return Digest::of("files lent by " + snapshot);
}

void put(const Job& job, const Digest& key, const std::string& snapshot, const Json& value) {
  job.shop.store.records().put_record({.key = key,
                                       .snapshot = snapshot,
                                       .inputs = canonical(value),
                                       .created = now(),
                                       .last_used = now()});
}

}  // namespace

LayerIds origins(const Job& job, const std::string& snapshot) {
  LayerIds found = {snapshot};
  auto record = job.shop.store.records().find_record(origins_key(snapshot));
  Json names = record ? Json::parse(record->inputs, nullptr, false) : Json();
  if (!names.is_array()) return found;
  for (const Json& name : names) {
    if (name.is_string()) found.insert(name.get<std::string>());
  }
  return found;
}

bool has_lent_files(const Job& job, const std::string& snapshot) {
  return job.shop.store.records().find_record(lent_key(snapshot)).has_value();
}

void record_origins(const Job& job, const std::string& snapshot, const LayerIds& donors) {
  LayerIds all;
  for (const std::string& donor : donors) {
    all.merge(origins(job, donor));
    put(job, lent_key(donor), donor, Json::object());
  }
  put(job, origins_key(snapshot), snapshot, Json(all));
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
