// SPDX-License-Identifier: Apache-2.0
//
// One vertex being run on a thread of the pool: what it may look at, and one function per op.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"
#include "base/sys/file.h"
#include "cache/cache_key.h"
#include "progress/vertex_scope.h"
#include "solver/solver.h"
#include "solver/workspace.h"

namespace cairn::solver {

struct Job {
  const plan::Plan& plan;
  plan::VertexId id;
  const std::vector<StepResult>& results;  // those of the inputs are there
  const Workshop& shop;
  std::stop_token stop;
  // What recalling read of the client's files, for who runs the step then.
  std::optional<std::vector<cache::SelectedContent>>& read;

  const plan::Vertex& vertex() const { return plan.vertices[id]; }
  // The root that the op changes; nothing for a source, which stands on no other vertex.
  const StepResult& parent() const {
    static const StepResult none;
    return vertex().inputs.empty() ? none : results[vertex().inputs[0]];
  }
  bool asked_to_stop() const { return stop.stop_requested(); }
};

// The result that is recorded for the op, as far as that can be said without mounting anything and
// by this thread alone; shows it as cached.
std::optional<StepResult> recall_vertex(Job& job);
// Runs the op with its progress, and gives errors the span of its line. To be asked after
// recall_vertex found nothing.
StepResult run_vertex(Job& job);

// For ops that may be known beforehand.
std::optional<StepResult> recall_image(const Job& job, const plan::ImageOp& op);
std::optional<StepResult> recall_copy(Job& job, const plan::CopyOp& op,
                                      progress::VertexScope& scope);
std::optional<StepResult> recall_exec(const Job& job, const plan::RunOp& op);
std::optional<StepResult> recall_workdir(const Job& job, const plan::WorkdirOp& op);

// One per op, in files of their own. `scope` is the vertex on the screen.
StepResult run_image(Job& job, const plan::ImageOp& op, progress::VertexScope& scope);
StepResult run_http(Job& job, const plan::HttpOp& op, progress::VertexScope& scope);
StepResult run_git(Job& job, const plan::GitOp& op, progress::VertexScope& scope);
StepResult run_copy(Job& job, const plan::CopyOp& op, progress::VertexScope& scope);
StepResult run_exec(Job& job, const plan::RunOp& op, progress::VertexScope& scope);
StepResult run_workdir(Job& job, const plan::WorkdirOp& op, progress::VertexScope& scope);

// The result recorded under a key, if it is there and stands on the job's own parent.
std::optional<StepResult> find_cached(const Job& job, const Digest& key);
inline std::optional<StepResult> find_cached(const Job& job, const cache::CacheKey& key) {
  return find_cached(job, key.digest());
}

// The right to run a step, which is held until its result is committed, so that no other build runs
// the same one meanwhile (K13); somebody who has it is waited for, and may have put the result
// under `key` then. Nothing, and no waiting, for a step that is to run whatever there is.
//
// A job that waits keeps its place among those that may run. It holds none that others
// wait for, so no two jobs wait for each other.
std::optional<sys::PassingLock> claim(const Job& job, const cache::CacheKey& key,
                                      const progress::VertexScope& scope);
// Asks until `take` gives something, and makes room for Ctrl-C: a wait of the kernel's would not.
// `once_slow` is called when that takes a moment.
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

// Records a second key for a result that commit() or find_cached() gave, and what else is to be
// known beside it, an object of texts.
void remember(const Job& job, const cache::CacheKey& key, const StepResult& result);
void remember(const Job& job, const cache::CacheKey& key, const StepResult& result,
              const Json& beside);
// One text of what was to be known, "" when it is not there.
std::string recorded(const Job& job, const cache::CacheKey& key, const std::string& name);
// Commits a workspace as the job's result under `key`. When another build was faster with the same
// step, its result is taken and ours is thrown away. `beside` puts what must be on record as soon
// as the new snapshot is.
StepResult commit(const Job& job, Workspace& workspace, const cache::CacheKey& key,
                  const std::function<void(const std::string& snapshot)>& beside = {});

}  // namespace cairn::solver
