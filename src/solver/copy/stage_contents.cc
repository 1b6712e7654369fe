// SPDX-License-Identifier: Apache-2.0
//
// The record of a line lists results whose content nobody has read yet, with the snapshots they
// were copied from. When the line meets other sources, the listed contents are read once, become
// aliases of their results, and leave the list. Source snapshots may be gone by then; such an entry
// is skipped.
#include "solver/copy/stage_contents.h"

#include "base/attempt.h"
#include "base/error.h"
#include "progress/sink.h"

namespace cairn::solver {
namespace {

using Copies = std::vector<cache::UnreadCopiesRecord::Copy>;

// Bounds the reads for a line whose stages change with each build.
constexpr std::size_t kMaxUnread = 8;

// Results of the line with unread content, the latest first; nullopt if the line was never copied.
std::optional<Copies> find_unread(const Job& job, const StepKey& line) {
  auto found = job.services.cache.find_record<cache::UnreadCopiesRecord>(line);
  if (!found) return std::nullopt;
  return std::move(found->record.copies);
}

void put_unread(const Job& job, const StepKey& line, const StepResult& result, Copies copies) {
  job.services.cache.put_record(line, result.snapshot,
                                cache::UnreadCopiesRecord{std::move(copies)});
}

StepKey line_of(const Job& job, const plan::CopyOp& op) {
  return cache::any_stages_key(op, job.parent().key).step_key();
}

cache::SourceSnapshots snapshots_of(const Job& job, const plan::CopyOp& op) {
  cache::SourceSnapshots snapshots;
  for (const plan::CopySource& source : op.sources) {
    snapshots.push_back(job.results[source.from].snapshot);
  }
  return snapshots;
}

// Reads the content of an earlier result's sources and stores it as another key of that result.
void read_content_of(const Job& job, const plan::CopyOp& op,
                     const cache::UnreadCopiesRecord::Copy& earlier) {
  if (earlier.sources.size() != op.sources.size()) return;
  std::optional<cache::CachedResult> result =
      job.services.cache.find_from(earlier.key, job.parent().snapshot, earlier.sources);
  if (!result) return;  // deleted, or the key points to a later result by now
  // The selection of today, run on the sources of the earlier copy.
  StepResults then = job.results;
  for (std::size_t i = 0; i < op.sources.size(); ++i) {
    const SnapshotId& snapshot = earlier.sources[i];
    if (!snapshot.is_empty_root() && !job.services.store.snapshots().find(snapshot)) return;
    then[op.sources[i].from].snapshot = snapshot;
  }
  StepContext past{job.plan, job.id, then, job.services};
  progress::NullSink unseen;
  progress::VertexScope scope(unseen, job.vertex().name);
  CopySelection selection(past, op, scope);
  add_alias(job, cache::copy_key(op, job.parent().key, selection.contents(job.stop)),
            {.key = result->key, .snapshot = result->snapshot});
}

}  // namespace

std::optional<StageCopyKeys> stage_copy_keys(const Job& job, const plan::CopyOp& op) {
  if (op.sources.empty()) return std::nullopt;
  std::vector<StepKey> keys;
  for (const plan::CopySource& source : op.sources) {
    if (is_local(job.plan, source.from)) return std::nullopt;
    keys.push_back(job.results[source.from].key);
  }
  return StageCopyKeys{.definition = cache::copy_definition_key(op, job.parent().key, keys),
                       .sources = snapshots_of(job, op)};
}

std::optional<StepResult> find_same_content(const Job& job, const plan::CopyOp& op,
                                            CopySelection& selection, StageCopyKeys& keys) {
  if (job.vertex().no_cache) return std::nullopt;
  StepKey line = line_of(job, op);
  std::optional<Copies> unread = find_unread(job, line);
  if (!unread) return std::nullopt;
  keys.content = cache::copy_key(op, job.parent().key, selection.contents(job.stop));
  for (const cache::UnreadCopiesRecord::Copy& earlier : *unread) {
    // A source that is gone cannot be compared; the others still can.
    std::optional<Error> failure = failure_of([&] { read_content_of(job, op, earlier); });
    if (failure && failure->kind() == ErrorKind::kCancelled) throw *failure;
  }
  std::optional<StepResult> result = find_cached(job, *keys.content);
  if (result && !unread->empty()) put_unread(job, line, *result, {});
  return result;
}

void remember_content(const Job& job, const plan::CopyOp& op, const StageCopyKeys& keys,
                      const StepResult& result) {
  Copies unread;
  StepKey line = line_of(job, op);
  if (keys.content) {
    add_alias(job, *keys.content, result);
  } else {
    unread = find_unread(job, line).value_or(Copies());
    unread.insert(unread.begin(), {.key = result.key, .sources = keys.sources});
    if (unread.size() > kMaxUnread) unread.erase(unread.begin() + kMaxUnread, unread.end());
  }
  put_unread(job, line, result, std::move(unread));
}

}  // namespace cairn::solver
