// SPDX-License-Identifier: Apache-2.0
//
// What all ops share: the dispatch from an op to its functions, lookup before run, locks against
// other builds, and commit. commit() looks the key up once more in the transaction that stores it:
// the step lock need not be on this key (an HTTP step locks its URL), so another build may have
// been first.
#include "solver/job.h"

#include "base/attempt.h"
#include "base/error.h"
#include "solver/unreadable.h"

namespace cairn::solver {
namespace {

// How each op runs. Scratch and local contexts do no work and show no step.
struct Runner {
  RunJob& job;
  progress::VertexScope& scope;

  StepResult operator()(const plan::ImageOp& op) const { return run_image(job, op, scope); }
  StepResult operator()(const plan::HttpOp& op) const { return run_http(job, op, scope); }
  StepResult operator()(const plan::GitOp& op) const { return run_git(job, op, scope); }
  StepResult operator()(const plan::CopyOp& op) const { return run_copy(job, op, scope); }
  StepResult operator()(const plan::RunOp& op) const { return run_exec(job, op, scope); }
  StepResult operator()(const plan::WorkdirOp& op) const { return run_workdir(job, op, scope); }
  StepResult operator()(const plan::ScratchOp&) const { return {}; }
  StepResult operator()(const plan::LocalOp&) const { return {}; }
};

struct CacheLookup {
  using Result = std::optional<StepResult>;
  Job& job;
  progress::VertexScope& scope;

  Result operator()(const plan::ImageOp& op) const { return lookup_image(job, op); }
  // The current state of a remote file or repository is unknown until a server is asked.
  Result operator()(const plan::HttpOp&) const { return std::nullopt; }
  Result operator()(const plan::GitOp&) const { return std::nullopt; }
  Result operator()(const plan::CopyOp& op) const { return lookup_copy(job, op, scope); }
  Result operator()(const plan::RunOp& op) const { return lookup_exec(job, op); }
  Result operator()(const plan::WorkdirOp& op) const { return lookup_workdir(job, op); }
  Result operator()(const plan::ScratchOp&) const { return StepResult{}; }
  Result operator()(const plan::LocalOp&) const { return StepResult{}; }
};

// Buffers the warnings of a lookup until it is known whether the step is shown as cached. On a miss
// they are dropped: run_vertex() emits them again.
class HeldWarnings final : public progress::Sink {
 public:
  void send(progress::Event event) override {
    if (auto* warning = std::get_if<progress::Warning>(&event))
      messages.push_back(std::move(warning->message));
  }
  std::vector<std::string> messages;
};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// The end of a vertex that ran. A failed one has no result.
progress::VertexResult end_of(const StepNotes& notes, const std::optional<StepResult>& result) {
  return {.key = digest_of(result ? result->key : notes.key),
          .snapshot = result ? result->snapshot.text() : "",
          .miss = notes.miss,
          .layer_size = result ? notes.layer_size : std::nullopt,
          .use = notes.use};
}

// Lost owners of the parent or of any source carry over to the result.
bool has_lost_owners(const Job& job) {
  store::SnapshotIndex& snapshots = job.services.store.snapshots();
  return snapshots.allows_lost_owners() &&
         std::ranges::any_of(job.vertex().inputs, [&](plan::VertexId input) {
           return snapshots.has_lost_owners(job.results[input].snapshot);
         });
}

}  // namespace

std::optional<StepResult> lookup_vertex(Job& job) {
  const plan::Vertex& vertex = job.vertex();
  HeldWarnings warnings;
  // run_vertex() meets a failure again and adds the span.
  std::optional<StepResult> result = if_possible([&] {
    progress::VertexScope unseen(warnings, vertex.name);
    return std::visit(CacheLookup{job, unseen}, vertex.op);
  });
  if (!result || !job.event_ids[job.id]) return result;
  progress::VertexScope scope(job.services.sink,
                              start_of(job.plan, job.id, job.event_ids, result->key));
  for (std::string& message : warnings.messages) scope.warn(std::move(message));
  scope.cached({.key = result->key.digest(), .snapshot = result->snapshot.text()});
  return result;
}

StepResult run_vertex(RunJob& job) {
  const plan::Vertex& vertex = job.vertex();
  progress::VertexScope scope(job.services.sink,
                              start_of(job.plan, job.id, job.event_ids, job.notes.key));
  auto fail = [&](Error& error) {
    explain_unreadable(job, error);
    error.set_span_if_none(vertex.span);
    scope.fail(error, end_of(job.notes, std::nullopt));
  };
  return amend(fail, [&] {
    ErrorContext while_here([&] { return "running step " + first_line(vertex.name); });
    StepResult result = std::visit(Runner{job, scope}, vertex.op);
    if (result.cached) {
      scope.cached({.key = result.key.digest(), .snapshot = result.snapshot.text()});
    } else {
      scope.done(end_of(job.notes, result));
    }
    return result;
  });
}

std::optional<StepResult> find_cached(const Job& job, const cache::CacheKey& key,
                                      const cache::SourceSnapshots& sources) {
  StepKey step_key = key.step_key();
  // A step asks for one key several times: at the lookup, under its lock, and at the commit. One
  // explanation is enough.
  bool is_explained = job.notes.miss && job.notes.key == step_key;
  job.notes.key = step_key;
  if (job.vertex().no_cache) {
    job.notes.miss = {.reason = progress::MissReason::kNoCache};
    return std::nullopt;
  }
  cache::Miss miss;
  auto found = job.services.cache.find_from(step_key, job.parent().snapshot, sources,
                                            is_explained ? nullptr : &miss);
  if (!found) {
    if (!is_explained) job.notes.miss = miss_event(std::move(miss));
    return std::nullopt;
  }
  return StepResult{.key = found->key, .snapshot = found->snapshot, .cached = true};
}

std::optional<sys::LockFile> lock_step(const Job& job, const cache::CacheKey& key,
                                       const progress::VertexScope& scope) {
  if (job.vertex().no_cache) return std::nullopt;
  // The same key on another parent is different work: find_cached() would not accept its result.
  Digest work = Digest::of(key.step_key().str() + " on " + job.parent().snapshot.text());
  return wait_for(
      job, [&] { return job.services.store.try_lock_step(work); },
      [&] {
        scope.log(progress::Stream::kStderr,
                  "another build is running this step: waiting for its result\n");
      });
}

void add_alias(const Job& job, const cache::CacheKey& key, const StepResult& result,
               const cache::SourceSnapshots& sources) {
  job.services.cache.put_alias(key, {.key = result.key, .snapshot = result.snapshot});
  job.services.cache.put_sources(key.step_key(), result.snapshot, sources);
}

StepResult commit(const Job& job, ActiveSnapshot& active, const cache::CacheKey& key,
                  const CommitOptions& options) {
  // Unmount before the transaction: it is slow, and other builds wait for the database's lock.
  active.release_tree();
  if (has_lost_owners(job)) active.mark_lost_owners();
  std::optional<StepResult> result;
  job.services.store.atomically([&] {
    result = find_cached(job, key, options.sources);
    if (result) return;
    result = StepResult{.key = key.step_key(), .snapshot = active.commit(), .cached = false};
    job.services.cache.put_step(key, result->snapshot);
    job.services.cache.put_sources(result->key, result->snapshot, options.sources);
    if (options.beside) options.beside(result->snapshot);
  });
  // After the transaction: this may start writeback, and the commit would wait for that I/O.
  if (!result->cached) job.services.store.wrote_some();
  return *result;
}

}  // namespace cairn::solver
