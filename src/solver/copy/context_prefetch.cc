// SPDX-License-Identifier: Apache-2.0
//
// One background thread is enough: hashing competes with the command of the RUN for the disk and
// the CPU. A step whose turn comes interrupts the read of its files instead of waiting for it:
// several threads of the step are faster than this one. An interrupted read publishes no index.
#include "solver/copy/context_prefetch.h"

#include <algorithm>

#include "base/attempt.h"
#include "base/error.h"
#include "progress/sink.h"
#include "solver/copy/copy_selection.h"

namespace cairn::solver {
namespace {

bool takes_context(const plan::Plan& plan, const plan::Op& op) {
  const auto* copy = std::get_if<plan::CopyOp>(&op);
  return copy != nullptr && is_all_local(plan, *copy);
}

}  // namespace

ContextPrefetch::ContextPrefetch(const plan::Plan& plan, const SolverServices& services)
    : plan_(plan), services_(services), states_(plan.vertices.size(), State::kNone) {}

ContextPrefetch::~ContextPrefetch() {
  std::lock_guard lock(mutex_);
  for (plan::VertexId id; id < states_.end_id(); ++id) {
    if (states_[id] == State::kQueued) states_[id] = State::kOver;
  }
  stop_.request_stop();
}

void ContextPrefetch::begin(plan::VertexId run) {
  std::lock_guard lock(mutex_);
  // All dependants of the RUN, directly or not; the plan is in topological order.
  plan::PerVertex<bool> waits(plan_.vertices.size(), false);
  waits[run] = true;
  for (plan::VertexId id = {run.index + 1}; id < plan_.vertices.end_id(); ++id) {
    const plan::Vertex& vertex = plan_.vertices[id];
    waits[id] =
        std::ranges::any_of(vertex.inputs, [&](plan::VertexId input) { return waits[input]; });
    if (!waits[id] || states_[id] != State::kNone || !takes_context(plan_, vertex.op)) continue;
    states_[id] = State::kQueued;
    // Most builds never need the thread.
    if (!pool_) pool_.emplace(1);
    pool_->post([this, id] { read(id); });
  }
}

void ContextPrefetch::end(plan::VertexId id) {
  std::unique_lock lock(mutex_);
  if (states_[id] == State::kReading) {
    stop_.request_stop();
    over_.wait(lock, [&] { return states_[id] != State::kReading; });
  }
  states_[id] = State::kOver;
}

void ContextPrefetch::read(plan::VertexId id) {
  std::stop_token stop;
  {
    std::lock_guard lock(mutex_);
    if (states_[id] != State::kQueued) return;
    states_[id] = State::kReading;
    stop_ = std::stop_source();
    stop = stop_.get_token();
  }
  // The step meets a failure again and reports it with its span.
  static_cast<void>(last_failure_of([&] {
    // Sources are all local, so the selection looks at no result.
    const StepResults none(plan_.vertices.size());
    StepContext step{plan_, id, none, services_};
    progress::NullSink unseen;
    progress::VertexScope scope(unseen, step.vertex().name);
    CopySelection(step, std::get<plan::CopyOp>(step.vertex().op), scope).read_ahead(stop);
  }));
  std::lock_guard lock(mutex_);
  states_[id] = State::kOver;
  over_.notify_all();
}

}  // namespace cairn::solver
