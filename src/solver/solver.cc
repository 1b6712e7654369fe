// SPDX-License-Identifier: Apache-2.0
#include "solver/solver.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>

#include "base/error.h"
#include "base/thread_pool.h"
#include "base/time.h"
#include "solver/job.h"
#include "solver/reading_ahead.h"

namespace cairn::solver {
namespace {

// How much work waits for each vertex: the length of the longest chain that ends at the target. A
// RUN or COPY counts more than a source, which is usually there already.
std::vector<int> remaining_work(const plan::Plan& plan) {
  std::vector<int> remaining(plan.vertices.size(), 0);
  for (plan::VertexId id = plan.vertices.size(); id-- > 0;) {
    for (plan::VertexId input : plan.vertices[id].inputs) {
      remaining[input] = std::max(remaining[input], remaining[id] + 1);
    }
  }
  return remaining;
}

// The vertices whose snapshots are layers of the target image.
std::vector<bool> target_layers(const plan::Plan& plan) {
  std::vector<bool> layers(plan.vertices.size(), false);
  for (const plan::HistoryLine& line : plan.history) {
    if (line.vertex) layers[*line.vertex] = true;
  }
  return layers;
}

class Run {
 public:
  Run(const plan::Plan& plan, const Workshop& workshop)
      : plan_(plan),
        workshop_(workshop),
        remaining_(remaining_work(plan)),
        is_layer_(target_layers(plan)),
        waiting_for_(plan.vertices.size()),
        dependants_(plan.vertices.size()),
        read_(plan.vertices.size()),
        results_(plan.vertices.size()),
        ahead_(plan, workshop) {}

  // In the order of the plan, up to the first vertex that has to run: what waits for it cannot be
  // known yet, and what does not should not wait. True when that was all.
  bool recall() {
    bool all = true;
    workshop_.store.reading([&] { all = recall_in_order(); });
    return all;
  }

  std::vector<StepResult> take() { return std::move(results_); }

  std::vector<StepResult> go(std::stop_token outside) {
    std::stop_callback forward(outside, [this] { stop_.request_stop(); });
    for (plan::VertexId id = recalled_; id < plan_.vertices.size(); ++id) {
      std::set<plan::VertexId> inputs;
      for (plan::VertexId input : plan_.vertices[id].inputs) {
        if (input >= recalled_) inputs.insert(input);
      }
      waiting_for_[id] = inputs.size();
      for (plan::VertexId input : inputs) dependants_[input].push_back(id);
      if (inputs.empty()) ready_.insert({-remaining_[id], id});
    }
    {
      ThreadPool pool(std::max<std::size_t>(1, workshop_.jobs));
      schedule(pool);
    }
    if (failure_) std::rethrow_exception(failure_);
    if (outside.stop_requested()) throw Error(ErrorKind::kCancelled, "the build was cancelled");
    return std::move(results_);
  }

 private:
  bool recall_in_order() {
    for (; recalled_ < plan_.vertices.size(); ++recalled_) {
      Job job = job_of(recalled_);
      std::optional<StepResult> result = recall_vertex(job);
      if (!result) return false;
      results_[recalled_] = *std::move(result);
      tell_of_layer(recalled_, results_[recalled_]);
    }
    return true;
  }

  void schedule(ThreadPool& pool) {
    std::unique_lock lock(mutex_);
    while (true) {
      while (!ready_.empty() && running_ < pool.size() && !stop_.stop_requested()) {
        plan::VertexId id = ready_.begin()->second;
        ready_.erase(ready_.begin());
        ++running_;
        pool.post([this, id] { work(id); });
      }
      if (running_ == 0) return;
      finished_.wait(lock);
    }
  }

  void work(plan::VertexId id) {
    std::exception_ptr failure;
    StepResult result;
    try {
      result = result_of(id);
    } catch (...) {
      failure = std::current_exception();
    }
    std::lock_guard lock(mutex_);
    --running_;
    if (failure) {
      // What fails after the first failure was most likely stopped by it.
      if (!failure_ && !stop_.stop_requested()) failure_ = failure;
      stop_.request_stop();
    } else {
      results_[id] = std::move(result);
      for (plan::VertexId next : dependants_[id]) {
        if (--waiting_for_[next] == 0) ready_.insert({-remaining_[next], next});
      }
    }
    finished_.notify_one();
  }

  Job job_of(plan::VertexId id) {
    return {plan_, id, results_, workshop_, stop_.get_token(), read_[id]};
  }

  StepResult result_of(plan::VertexId id) {
    Job job = job_of(id);
    ahead_.end(id);
    // The one that ended recall() has been looked for.
    std::optional<StepResult> recalled;
    if (id != recalled_) recalled = recall_vertex(job);
    if (!recalled && std::holds_alternative<plan::RunOp>(job.vertex().op)) ahead_.begin(id);
    StepResult result = recalled ? *std::move(recalled) : run_vertex(job);
    read_[id].reset();
    tell_of_layer(id, result);
    return result;
  }

  void tell_of_layer(plan::VertexId id, const StepResult& result) const {
    if (is_layer_[id] && workshop_.on_layer) workshop_.on_layer(result.snapshot);
  }

  const plan::Plan& plan_;
  const Workshop& workshop_;
  const std::vector<int> remaining_;
  const std::vector<bool> is_layer_;
  std::stop_source stop_;

  std::mutex mutex_;
  std::condition_variable finished_;
  std::set<std::pair<int, plan::VertexId>>
      ready_;  // longest remaining chain first, then file order
  std::size_t running_ = 0;
  std::vector<std::size_t> waiting_for_;
  std::vector<std::vector<plan::VertexId>> dependants_;
  std::exception_ptr failure_;
  plan::VertexId recalled_ = 0;  // all before it are done
  std::vector<std::optional<std::vector<cache::SelectedContent>>> read_;
  // Written once per vertex under the lock, before any dependant can run; read without it after.
  std::vector<StepResult> results_;
  ReadingAhead ahead_;
};

}  // namespace

std::optional<std::string> find_secret(const Lent& lent, const std::string& id) {
  auto found = lent.secrets.find(id);
  if (found == lent.secrets.end()) return std::nullopt;
  return found->second;
}

std::vector<StepResult> Solver::solve(const plan::Plan& plan, std::stop_token stop) {
  Workshop workshop = workshop_;
  Run run(plan, workshop);
  if (run.recall()) return run.take();
  workshop.launcher = workshop.enter();
  EtcFiles etc(workshop_.store.tmp_dir());
  workshop.etc = &etc;
  SecretFiles secret_files(workshop_.store.tmp_dir());
  workshop.secret_files = &secret_files;
  return run.go(std::move(stop));
}

}  // namespace cairn::solver
