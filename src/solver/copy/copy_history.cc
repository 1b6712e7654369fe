// SPDX-License-Identifier: Apache-2.0
//
// Two records per line. The copy history (keyed by the line alone) leads to the last snapshot, with
// the stat index of its files beside the context indexes. The copied-line record (keyed by line and
// parent) only says that some content of the line was ever committed on this parent; without it,
// digesting before copying cannot lead to a cache hit.
#include "solver/copy/copy_history.h"

#include "base/sys/file.h"
#include "solver/copy/context_index.h"
#include "solver/copy/inode_sharing.h"

namespace cairn::solver {
namespace {

// Below this, copying again is cheaper than remembering.
constexpr std::size_t kWorthRemembering = 64 << 10;  // some 600 files
// Bounds the list of origins, which grows with each copy that links from the last; a copy beyond
// that links nothing and starts anew.
constexpr std::size_t kMaxOrigins = 200;

std::string files_of(const Job& job, const SnapshotId& snapshot) {
  return job.services.store.contexts_dir() + "/" + snapshot.text() + ".files";
}

}  // namespace

std::optional<cache::CacheKey> copy_line(const Job& job, const plan::CopyOp& op,
                                         const std::optional<Owner>& owner) {
  if (op.sources.size() != 1 || !op.inline_files.empty() || op.sources[0].unpack) {
    return std::nullopt;
  }
  const auto* local = std::get_if<plan::LocalOp>(&job.plan.vertices[op.sources[0].from].op);
  if (local == nullptr) return std::nullopt;
  const source::LocalContext& context = job.services.contexts.at(local->name);
  return cache::copy_line_key(op, owner, context_index_name(context, op.sources[0].path));
}

std::shared_ptr<const PreviousCopy> find_previous_copy(const Job& job,
                                                       const cache::CacheKey& line) {
  auto last = job.services.cache.find_record<cache::CopyHistoryRecord>(line.step_key());
  if (!last || last->snapshot.is_empty_root()) return nullptr;
  // Never link a file into a stack that already shows its inode; see inode_sharing.h.
  LayerIds from = origins(job, last->snapshot);
  if (from.size() > kMaxOrigins || ParentStack(job).shares_with(from)) return nullptr;
  std::optional<cache::StatIndex> files =
      cache::StatIndex::find(files_of(job, last->snapshot), file_clock());
  if (!files) return nullptr;
  return std::make_shared<const PreviousCopy>(
      PreviousCopy{.snapshot = last->snapshot,
                   .files = *std::move(files),
                   .layer = std::move(job.services.snapshotter.layers(last->snapshot).back().root),
                   .into = last->record.directory});
}

std::optional<sys::LockFile> lock_first_copy(const Job& job, const plan::CopyOp& op) {
  StepKey line = cache::any_contents_key(op, job.parent().key).step_key();
  auto is_first = [&] {
    return job.vertex().no_cache || !job.services.cache.find_record<cache::CopiedLineRecord>(line);
  };
  // Before the lock, to avoid making lock files, and after it, as the holder may just have
  // committed.
  if (!is_first()) return std::nullopt;
  std::optional<sys::LockFile> ours = job.services.store.try_lock_step(line.digest());
  if (!ours || !is_first()) return std::nullopt;  // or a first copy was committed just now
  return ours;
}

void remember_contents(const Job& job, const plan::CopyOp& op, const SnapshotId& snapshot) {
  StepKey line = cache::any_contents_key(op, job.parent().key).step_key();
  job.services.cache.put_record(line, snapshot, cache::CopiedLineRecord());
}

void remember_copy(const Job& job, const cache::CacheKey& line, const SnapshotId& snapshot,
                   const cache::StatIndex& files, const std::string& into) {
  if (files.bytes().size() < kWorthRemembering) return;
  sys::TempFile file(job.services.store.tmp_dir());
  sys::write_all(file.fd(), files.bytes());
  file.publish(files_of(job, snapshot));
  job.services.cache.put_record(line.step_key(), snapshot, cache::CopyHistoryRecord{into});
}

}  // namespace cairn::solver
