// SPDX-License-Identifier: Apache-2.0
//
// COPY and ADD: from the build context, another stage or image, the web, a repository, or the
// Dockerfile itself. The key of the step is the content it copies; a step that takes nothing from
// the client also has a definition key, so that files of an unchanged stage are not even read.
//
// Client files can change while we work. So a copy is committed only if all files still have the
// stamps they had when digested; otherwise it starts again, three times at most.
#include "base/error.h"
#include "solver/copy/context_index.h"
#include "solver/copy/copy_files.h"
#include "solver/copy/copy_history.h"
#include "solver/copy/stage_contents.h"

namespace cairn::solver {
namespace {

// The key of a copy, and the snapshots that this key depends on.
struct CopyKey {
  cache::CacheKey key;
  cache::SourceSnapshots sources;
};

StepResult commit_copy(const Job& job, const plan::CopyOp& op, const CopySelection& selection,
                       const CopyKey& key, Copied copied, const progress::VertexScope& scope) {
  for (std::string& warning : copied.warnings) scope.warn(std::move(warning));
  auto beside = [&](const SnapshotId& snapshot) {
    if (copied.line) remember_contents(job, op, snapshot);
    if (copied.link_sources.empty()) return;
    record_origins(job, snapshot, copied.link_sources);
    job.services.store.snapshots().set_size(snapshot, copied.bytes + 1);  // 0 means unknown
    job.notes.layer_size = copied.bytes;
  };
  StepResult result =
      commit(job, *copied.active, key.key, {.sources = key.sources, .beside = beside});
  if (!copied.line || result.cached || selection.sources().size() != 1) return result;
  const SelectedSource& source = selection.sources()[0];
  if (source.is_directory && source.files) {
    remember_copy(job, *copied.line, result.snapshot, *source.files, copied.into);
  }
  return result;
}

// Copies the selection to a new snapshot; nullopt if the client's files changed meanwhile.
std::optional<StepResult> copy_anew(const Job& job, const plan::CopyOp& op,
                                    const CopySelection& selection, const CopyKey& key,
                                    const progress::VertexScope& scope) {
  Copied copied = copy_files(job, op, selection, nullptr);
  if (copied.have_sources_changed) return std::nullopt;
  return commit_copy(job, op, selection, key, std::move(copied), scope);
}

// A directory that was copied before its digest was known.
struct OptimisticCopy {
  sys::LockFile ours;  // see lock_first_copy()
  std::unique_ptr<DigestWhileCopying> files;
  Copied copied;

  // Whether the digest computed since then is of the same, unchanged files.
  bool is_of(const CopySelection& digested) const {
    const SelectedSource& source = digested.sources()[0];
    return source.files && files->are(*source.files);
  }
};

// If the line was never copied on this parent, the cache cannot hold a result. If no index covers
// its files either, copy at once and digest on the way, so that each file is read once.
std::optional<OptimisticCopy> copy_before_digest(const Job& job, const plan::CopyOp& op,
                                                 const CopySelection& selection) {
  if (selection.sources().size() != 1 || !copy_line(job, op, std::nullopt)) return std::nullopt;
  const SelectedSource& source = selection.sources()[0];
  if (!source.is_directory || source.tree->keeps_owners()) return std::nullopt;
  auto place = context_index_place(job.services.store, *source.tree->context(), source.path);
  if (!place || cache::StatIndex::find(place->file, place->now)) return std::nullopt;
  std::optional<sys::LockFile> ours = lock_first_copy(job, op);
  if (!ours) return std::nullopt;
  auto files = std::make_unique<DigestWhileCopying>(*std::move(place));
  Copied copied = copy_files(job, op, selection, files.get());
  files->finish();
  return OptimisticCopy{*std::move(ours), std::move(files), std::move(copied)};
}

// Snapshots never change, so one attempt is enough.
StepResult run_stage_copy(RunJob& job, const plan::CopyOp& op, CopySelection& selection,
                          StageCopyKeys keys, const progress::VertexScope& scope) {
  std::optional<sys::LockFile> ours = lock_step(job, keys.definition, scope);
  std::optional<StepResult> result = find_cached(job, keys.definition, keys.sources);
  if (result) return *result;
  // Other stages, perhaps the same files: compare contents before copying.
  result = find_same_content(job, op, selection, keys);
  if (result) {
    add_alias(job, keys.definition, *result, keys.sources);
    return *result;
  }
  result = copy_anew(job, op, selection, {keys.definition, keys.sources}, scope);
  remember_content(job, op, keys, *result);
  return *result;
}

}  // namespace

std::optional<StepResult> lookup_copy(Job& job, const plan::CopyOp& op,
                                      progress::VertexScope& scope) {
  if (auto keys = stage_copy_keys(job, op)) {
    return find_cached(job, keys->definition, keys->sources);
  }
  if (!is_all_local(job.plan, op) || job.vertex().no_cache) return std::nullopt;
  job.read = CopySelection(job, op, scope).contents_at_hand(job.stop);
  return find_cached(job, cache::copy_key(op, job.parent().key, *job.read));
}

StepResult run_copy(RunJob& job, const plan::CopyOp& op, progress::VertexScope& scope) {
  constexpr int kAttempts = 3;
  CopySelection selection(job, op, scope);
  if (auto keys = stage_copy_keys(job, op)) {
    return run_stage_copy(job, op, selection, *std::move(keys), scope);
  }
  // If the lookup read the content, copying before digesting has no point.
  std::optional<OptimisticCopy> unread =
      job.read ? std::optional<OptimisticCopy>() : copy_before_digest(job, op, selection);
  for (int i = 0; i < kAttempts; ++i) {
    if (!job.read || !selection.reuse(*job.read)) job.read = selection.contents(job.stop);
    cache::CacheKey key = cache::copy_key(op, job.parent().key, *job.read);
    std::optional<sys::LockFile> ours = lock_step(job, key, scope);
    std::optional<StepResult> result = find_cached(job, key);
    if (!result && unread && unread->is_of(selection)) {
      result = commit_copy(job, op, selection, {key, {}}, std::move(unread->copied), scope);
    }
    if (!result) result = copy_anew(job, op, selection, {key, {}}, scope);
    if (result) return *result;
    // The files changed: forget all digests, and copy again.
    unread.reset();
    job.read.reset();
  }
  throw Error(ErrorKind::kHost, "files changed while they were copied")
      .with_hint("run the build again when nothing writes to the build context");
}

}  // namespace cairn::solver
