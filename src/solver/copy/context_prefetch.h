// SPDX-License-Identifier: Apache-2.0
//
// While a RUN runs, digests the client's files that later COPY lines take, so that their keys are
// known at once when their turn comes. Safe to call from any thread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/thread_pool.h"
#include "solver/job.h"

namespace cairn::solver {

class ContextPrefetch {
 public:
  // Borrows both arguments.
  ContextPrefetch(const plan::Plan& plan, const SolverServices& services);
  ~ContextPrefetch();  // stops reading and joins the thread

  // Called when a RUN begins: digests the contexts of the steps that wait for it, one step after
  // the other, on one thread.
  void begin(plan::VertexId run);
  // Called when a step starts. Stops the read of its files that is under way, and waits for that;
  // the step itself reads whatever the index lacks.
  void end(plan::VertexId id);

 private:
  enum class State { kNone, kQueued, kReading, kOver };
  void read(plan::VertexId id);

  const plan::Plan& plan_;
  const SolverServices& services_;
  std::mutex mutex_;
  std::condition_variable over_;
  plan::PerVertex<State> states_;
  std::stop_source stop_;  // stops the current read
  std::optional<ThreadPool> pool_;
};

}  // namespace cairn::solver
