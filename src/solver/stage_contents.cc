// SPDX-License-Identifier: Apache-2.0
#include "solver/stage_contents.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "progress/sink.h"

namespace cairn::solver {
namespace {

// Of a line whose stages change all the time only so many are compared with.
constexpr std::size_t kMaxUnread = 8;
constexpr const char* kKey = "key";          // of a result
constexpr const char* kSources = "sources";  // the snapshots that it was copied from

Digest line_key(const Job& job, const plan::CopyOp& op) {
  std::vector<Digest> any(op.sources.size(), Digest::of(""));
  cache::CacheKey key = cache::copy_definition_key(op, job.parent().key, any);
  key.add("of", "any stages");
  return key.digest();
}

// The results of the line whose content nobody read, the last first; nothing when there was none.
std::optional<Json> find_unread(const Job& job, const Digest& line) {
  auto record = job.shop.store.records().find_record(line);
  if (!record) return std::nullopt;
  Json unread = Json::parse(record->inputs, nullptr, false);
  return unread.is_array() ? unread : Json::array();
}

// What the first result of a definition was copied from.
Digest sources_key(const cache::CacheKey& definition) {
  return Digest::of("sources of " + definition.digest().str());
}

Json snapshots_of(const Job& job, const plan::CopyOp& op) {
  Json snapshots = Json::array();
  for (const plan::CopySource& source : op.sources) {
    snapshots.push_back(job.results[source.from].snapshot);
  }
  return snapshots;
}

void put(const Job& job, const Digest& key, const std::string& snapshot, const Json& value) {
  job.shop.store.records().put_record({.key = key,
                                       .snapshot = snapshot,
                                       .inputs = canonical(value),
                                       .created = now(),
                                       .last_used = now()});
}

// Reads what an earlier result was copied from, and puts that on record as a key of it.
void read_content_of(const Job& job, const plan::CopyOp& op, const Json& earlier) {
  std::optional<Digest> key = Digest::find(earlier.value(kKey, ""));
  const Json& sources = earlier.at(kSources);
  if (!key || sources.size() != op.sources.size()) return;
  std::optional<StepResult> result = find_cached(job, *key);
  if (!result) return;
  std::vector<StepResult> then = job.results;
  for (std::size_t i = 0; i < op.sources.size(); ++i) {
    std::string snapshot = sources[i].get<std::string>();
    if (!snapshot.empty() && !job.shop.store.snapshots().find(snapshot)) return;
    then[op.sources[i].from].snapshot = std::move(snapshot);
  }
  std::optional<std::vector<cache::SelectedContent>> none;
  Job past{job.plan, job.id, then, job.shop, job.stop, none};
  progress::NullSink unseen;
  progress::VertexScope scope(unseen, job.vertex().name);
  CopySelection selection(past, op, scope);
  remember(job, cache::copy_key(op, job.parent().key, selection.contents(job.stop)), *result);
}

}  // namespace

std::optional<StageCopyKeys> stage_copy_keys(const Job& job, const plan::CopyOp& op) {
  if (op.sources.empty()) return std::nullopt;
  std::vector<Digest> keys;
  for (const plan::CopySource& source : op.sources) {
    if (is_local(job.plan, source.from)) return std::nullopt;
    keys.push_back(job.results[source.from].key);
  }
  cache::CacheKey definition = cache::copy_definition_key(op, job.parent().key, keys);
  // A stage that ran again by --no-cache has the key that it had, and other files.
  auto first = job.shop.store.records().find_record(sources_key(definition));
  std::string sources = canonical(snapshots_of(job, op));
  if (first && first->inputs != sources) definition.add("snapshots", sources);
  return StageCopyKeys{.definition = std::move(definition)};
}

void remember_sources(const Job& job, const plan::CopyOp& op, const StageCopyKeys& keys,
                      const StepResult& result) {
  put(job, sources_key(keys.definition), result.snapshot, snapshots_of(job, op));
}

std::optional<StepResult> find_same_content(const Job& job, const plan::CopyOp& op,
                                            CopySelection& selection, StageCopyKeys& keys) {
  if (job.vertex().no_cache) return std::nullopt;
  Digest line = line_key(job, op);
  std::optional<Json> unread = find_unread(job, line);
  if (!unread) return std::nullopt;
  keys.content = cache::copy_key(op, job.parent().key, selection.contents(job.stop));
  for (const Json& earlier : *unread) {
    try {
      read_content_of(job, op, earlier);
    } catch (const Error& error) {
      // What is gone by now is nothing to compare with.
      if (error.kind() == ErrorKind::kCancelled) throw;
    }
  }
  std::optional<StepResult> result = find_cached(job, *keys.content);
  if (result && !unread->empty()) put(job, line, result->snapshot, Json::array());
  return result;
}

void remember_content(const Job& job, const plan::CopyOp& op, const StageCopyKeys& keys,
                      const StepResult& result) {
  Json unread = Json::array();
  Digest line = line_key(job, op);
  if (keys.content) {
    remember(job, *keys.content, result);
  } else {
    unread = find_unread(job, line).value_or(Json::array());
    unread.insert(unread.begin(),
                  Json{{kKey, result.key.str()}, {kSources, snapshots_of(job, op)}});
    if (unread.size() > kMaxUnread) unread.erase(unread.begin() + kMaxUnread, unread.end());
  }
  put(job, line, result.snapshot, unread);
}

}  // namespace cairn::solver
