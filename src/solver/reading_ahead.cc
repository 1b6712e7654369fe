// SPDX-License-Identifier: Apache-2.0
#include "solver/reading_ahead.h"

#include <algorithm>

#include "base/error.h"
#include "progress/sink.h"
#include "solver/copy_selection.h"

namespace cairn::solver {
namespace {

bool takes_context(const plan::Plan& plan, const plan::Op& op) {
  const auto* copy = std::get_if<plan::CopyOp>(&op);
  return copy != nullptr && is_all_local(plan, *copy);
}

}  // namespace

ReadingAhead::ReadingAhead(const plan::Plan& plan, const Workshop& workshop)
    : plan_(plan), workshop_(workshop), states_(plan.vertices.size(), State::kNone) {}

ReadingAhead::~ReadingAhead() {
  std::lock_guard lock(mutex_);
  for (State& state : states_) {
    if (state == State::kQueued) state = State::kOver;
  }
  stop_.request_stop();
}

void ReadingAhead::begin(plan::VertexId run) {
  std::lock_guard lock(mutex_);
  std::vector<bool> waits(plan_.vertices.size(), false);
  waits[run] = true;
  for (plan::VertexId id = run + 1; id < plan_.vertices.size(); ++id) {
    const plan::Vertex& vertex = plan_.vertices[id];
    waits[id] =
        std::ranges::any_of(vertex.inputs, [&](plan::VertexId input) { return waits[input]; });
    if (!waits[id] || states_[id] != State::kNone || !takes_context(plan_, vertex.op)) continue;
    states_[id] = State::kQueued;
    if (!pool_) pool_.emplace(1);
    pool_->post([this, id] { read(id); });
  }
}

void ReadingAhead::end(plan::VertexId id) {
  std::unique_lock lock(mutex_);
  if (states_[id] == State::kReading) {
    stop_.request_stop();
    over_.wait(lock, [&] { return states_[id] != State::kReading; });
  }
  states_[id] = State::kOver;
}

// What goes wrong here does so again for the step, which says where.
void ReadingAhead::read(plan::VertexId id) {
  std::stop_token stop;
  {
    std::lock_guard lock(mutex_);
    if (states_[id] != State::kQueued) return;
    states_[id] = State::kReading;
    stop_ = std::stop_source();
    stop = stop_.get_token();
  }
  try {
    const std::vector<StepResult> none(plan_.vertices.size());
    std::optional<std::vector<cache::SelectedContent>> unused;
    Job job{plan_, id, none, workshop_, stop, unused};
    progress::NullSink unseen;
    progress::VertexScope scope(unseen, job.vertex().name);
    CopySelection(job, std::get<plan::CopyOp>(job.vertex().op), scope).read_ahead(stop);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
  }
  std::lock_guard lock(mutex_);
  states_[id] = State::kOver;
  over_.notify_all();
}

}  // namespace cairn::solver
