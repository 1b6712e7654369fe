// SPDX-License-Identifier: Apache-2.0
//
// While a RUN runs, the client's files that steps after it copy are digested into their indexes, so
// that it is known at once what is to be copied when their turn comes.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/thread_pool.h"
#include "solver/job.h"

namespace cairn::solver {

class ReadingAhead {
 public:
  // Borrows both.
  ReadingAhead(const plan::Plan& plan, const Workshop& workshop);
  ~ReadingAhead();  // stops reading

  // A RUN begins: reads for what waits for it, one step after the other, on one thread.
  void begin(plan::VertexId run);
  // The turn of a step has come, which reads by itself what is not read yet.
  void end(plan::VertexId id);

 private:
  enum class State { kNone, kQueued, kReading, kOver };
  void read(plan::VertexId id);

  const plan::Plan& plan_;
  const Workshop& workshop_;
  std::mutex mutex_;
  std::condition_variable over_;
  std::vector<State> states_;
  std::stop_source stop_;  // of what is being read
  std::optional<ThreadPool> pool_;
};

}  // namespace cairn::solver
