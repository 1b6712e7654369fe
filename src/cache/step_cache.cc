// SPDX-License-Identifier: Apache-2.0
//
// The rules for using a result. They are here and not in the backends, so that a backend that is
// wrong, or shared with other hosts, cannot make a build combine layers that were never on top of
// each other.
#include "cache/step_cache.h"

#include <algorithm>

namespace cairn::cache {
namespace {

// A separate record, next to the one that describes the step.
Digest sources_key(const Digest& key) {
  return Digest::of("sources of " + key.str());
}

}  // namespace

std::optional<CachedResult> StepCache::find(const Digest& key, const std::string& parent) const {
  std::optional<CacheBackend::Found> found = backend_.find(key);
  if (!found || (!found->snapshot.empty() && found->parent != parent)) return std::nullopt;
  std::optional<Record> record = parse_record(found->text);
  if (!record) return std::nullopt;
  const auto* alias = std::get_if<AliasRecord>(&*record);
  return CachedResult{.key = alias != nullptr ? alias->of : key,
                      .snapshot = std::move(found->snapshot)};
}

std::optional<CachedResult> StepCache::find_from(const Digest& key, const std::string& parent,
                                                 const SourceSnapshots& sources) const {
  std::optional<CachedResult> result = find(key, parent);
  if (!result || sources.empty()) return result;
  auto recorded = find_record<SourcesRecord>(sources_key(key));
  if (!recorded || recorded->record.snapshots != sources) return std::nullopt;
  return result;
}

void StepCache::put_step(const CacheKey& key, const std::string& snapshot) {
  put_record(key.digest(), snapshot, StepRecord{key.inputs});
}

void StepCache::put_alias(const CacheKey& alias, const CachedResult& result, std::string etag) {
  Digest digest = alias.digest();
  if (digest == result.key) return;
  put_record(digest, result.snapshot, AliasRecord{.of = result.key, .etag = std::move(etag)});
}

void StepCache::put_sources(const Digest& key, const std::string& snapshot,
                            SourceSnapshots sources) {
  if (sources.empty()) return;
  put_record(sources_key(key), snapshot, SourcesRecord{std::move(sources)});
}

void StepCache::put_record(const Digest& key, const std::string& snapshot, const Record& record) {
  backend_.put(key, snapshot, to_text(record));
}

}  // namespace cairn::cache
