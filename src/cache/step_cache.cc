// SPDX-License-Identifier: Apache-2.0
//
// The rules for using a result. They are here and not in the backends, so that a backend that is
// wrong, or shared with other hosts, cannot make a build combine layers that were never on top of
// each other.
#include "cache/step_cache.h"

#include <algorithm>
#include <utility>

namespace cairn::cache {
namespace {

// A separate record, next to the one that describes the step.
StepKey sources_key(const StepKey& key) {
  return StepKey::of("sources of " + key.str());
}

// Tells the reason to a caller who wants to know it.
std::nullopt_t missed(Miss* why, Miss reason) {
  if (why != nullptr) *why = std::move(reason);
  return std::nullopt;
}

}  // namespace

std::optional<CachedResult> StepCache::find(const StepKey& key, const SnapshotId& parent,
                                            Miss* why) const {
  std::optional<CacheBackend::Found> found = backend_.find(key);
  if (!found) return missed(why, why != nullptr ? backend_.explain_absence(key) : Miss());
  if (!found->snapshot.is_empty_root() && found->parent != parent) {
    return missed(
        why, {.reason = MissReason::kOtherParent,
              .details = {{"parent", parent.text()}, {"recorded parent", found->parent.text()}}});
  }
  std::optional<Record> record = parse_record(found->text);
  if (!record) return missed(why, {});
  const auto* alias = std::get_if<AliasRecord>(&*record);
  return CachedResult{.key = alias != nullptr ? alias->of : key,
                      .snapshot = std::move(found->snapshot)};
}

std::optional<CachedResult> StepCache::find_from(const StepKey& key, const SnapshotId& parent,
                                                 const SourceSnapshots& sources, Miss* why) const {
  std::optional<CachedResult> result = find(key, parent, why);
  if (!result || sources.empty()) return result;
  auto recorded = find_record<SourcesRecord>(sources_key(key));
  if (recorded && recorded->record.snapshots == sources) return result;
  Miss miss{.reason = MissReason::kOtherSources, .details = {}};
  for (const SnapshotId& source : sources) miss.details.emplace_back("source", source.text());
  for (std::size_t i = 0; recorded && i < recorded->record.snapshots.size(); ++i) {
    miss.details.emplace_back("recorded source", recorded->record.snapshots[i].text());
  }
  return missed(why, std::move(miss));
}

void StepCache::put_step(const CacheKey& key, const SnapshotId& snapshot) {
  put_record(key.step_key(), snapshot, StepRecord{key.inputs});
}

void StepCache::put_alias(const CacheKey& alias, const CachedResult& result, std::string etag) {
  StepKey key = alias.step_key();
  if (key == result.key) return;
  put_record(key, result.snapshot, AliasRecord{.of = result.key, .etag = std::move(etag)});
}

void StepCache::put_sources(const StepKey& key, const SnapshotId& snapshot,
                            SourceSnapshots sources) {
  if (sources.empty()) return;
  put_record(sources_key(key), snapshot, SourcesRecord{std::move(sources)});
}

void StepCache::put_record(const StepKey& key, const SnapshotId& snapshot, const Record& record) {
  backend_.put(key, snapshot, to_text(record));
}

}  // namespace cairn::cache
