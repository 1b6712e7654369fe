// SPDX-License-Identifier: Apache-2.0
//
// One vertex, executed on a thread of the pool: what a job may access, and one function per op.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/sys/file.h"
#include "cache/cache_key.h"
#include "progress/vertex_scope.h"
#include "solver/run/secret_files.h"
#include "solver/solver.h"
#include "solver/step_events.h"

namespace cairn::solver {

using snapshots::ActiveSnapshot;
using snapshots::SnapshotView;
using Start = snapshots::Snapshotter::Start;

// The position of a step in its plan, the results of its inputs, and the services it may use.
// Borrows all of them.
struct StepContext {
  const plan::Plan& plan;
  plan::VertexId id;
  const StepResults& results;  // filled for all inputs of `id`
  const SolverServices& services;

  const plan::Vertex& vertex() const { return plan.vertices[id]; }
  // The root that the op changes. Empty for a source, which has no inputs.
  const StepResult& parent() const {
    static const StepResult none;
    return vertex().inputs.empty() ? none : results[vertex().inputs[0]];
  }
};

struct Job : StepContext {
  std::stop_token stop;
  // Digests of the client's files that the cache lookup already computed; reused when the step then
  // runs.
  std::optional<std::vector<cache::SelectedContent>>& read;
  const EventIds& event_ids;  // of all vertices of the plan
  StepNotes& notes;           // of this one

  bool asked_to_stop() const { return stop.stop_requested(); }
};

// Additional services of steps that run.
struct RunServices {
  exec::Executor& executor;
  const sandbox::BuilderNamespace& builder;
  SecretFiles& secret_files;
};

// A vertex that is executed, not only looked up.
struct RunJob : Job {
  const RunServices& run;
};

// The cached result of the op, found without mounting anything and without other threads; reported
// as cached. nullopt if there is none, or if the lookup failed: run_vertex() then meets the same
// error and reports it.
std::optional<StepResult> lookup_vertex(Job& job);
// Runs the op, reports its progress, and gives errors the span of its line. Call it only after
// lookup_vertex() found nothing.
StepResult run_vertex(RunJob& job);

// For ops that can be looked up without running anything. Each returns nullopt on a miss.
std::optional<StepResult> lookup_image(const Job& job, const plan::ImageOp& op);
std::optional<StepResult> lookup_copy(Job& job, const plan::CopyOp& op,
                                      progress::VertexScope& scope);
std::optional<StepResult> lookup_exec(const Job& job, const plan::RunOp& op);
std::optional<StepResult> lookup_workdir(const Job& job, const plan::WorkdirOp& op);

// One per op, each in a file of its own. `scope` reports the progress of the vertex.
StepResult run_image(RunJob& job, const plan::ImageOp& op, progress::VertexScope& scope);
StepResult run_http(RunJob& job, const plan::HttpOp& op, progress::VertexScope& scope);
StepResult run_git(RunJob& job, const plan::GitOp& op, progress::VertexScope& scope);
StepResult run_copy(RunJob& job, const plan::CopyOp& op, progress::VertexScope& scope);
StepResult run_exec(RunJob& job, const plan::RunOp& op, progress::VertexScope& scope);
StepResult run_workdir(RunJob& job, const plan::WorkdirOp& op, progress::VertexScope& scope);

// The cached result of the job's step under a key; nullopt for a step that must run anyway
// (--no-cache). `sources` are the snapshots that the key depends on; see StepCache::find_from().
// Notes the key, and why it finds nothing.
std::optional<StepResult> find_cached(const Job& job, const cache::CacheKey& key,
                                      const cache::SourceSnapshots& sources = {});

// Takes the lock of a step, to be held until its result is committed, so that no other build runs
// the same step meanwhile (K13). Waits if another build holds it; that build may then have stored
// the result under `key`, so look it up again. nullopt, without waiting, for a step that must run
// anyway. Throws kCancelled if the build is cancelled meanwhile.
//
// A waiting job keeps its thread of the pool. It holds no lock that others wait for, so two jobs
// never wait for each other.
std::optional<sys::LockFile> lock_step(const Job& job, const cache::CacheKey& key,
                                       const progress::VertexScope& scope);
// Polls `take` until it returns a value, and throws kCancelled on Ctrl-C, which a blocking flock(2)
// would not notice. Calls `once_slow` once, after 100 ms.
template <typename Take, typename Slow>
auto wait_for(const Job& job, Take take, Slow once_slow) {
  std::chrono::microseconds pause{500}, waited{0};
  constexpr std::chrono::microseconds kLongest{20'000}, kSlow{100'000};
  while (true) {
    if (auto taken = take()) return taken;
    if (job.asked_to_stop()) throw Error(ErrorKind::kCancelled, "cancelled");
    std::this_thread::sleep_for(pause);
    if (waited < kSlow && waited + pause >= kSlow) once_slow();
    waited += pause;
    pause = std::min(pause * 2, kLongest);
  }
}

// Stores another key for a result. `sources` are the snapshots that the new key depends on.
void add_alias(const Job& job, const cache::CacheKey& key, const StepResult& result,
               const cache::SourceSnapshots& sources = {});
struct CommitOptions {
  cache::SourceSnapshots sources = {};  // snapshots that the key depends on
  // Writes further records of the new snapshot, in the same transaction.
  std::function<void(const SnapshotId& snapshot)> beside = {};
};
// Commits an active snapshot as the job's result under `key`. If another build committed the same
// step first, returns that result and discards this snapshot.
StepResult commit(const Job& job, ActiveSnapshot& active, const cache::CacheKey& key,
                  const CommitOptions& options = {});

}  // namespace cairn::solver
