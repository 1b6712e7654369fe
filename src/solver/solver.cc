// SPDX-License-Identifier: Apache-2.0
//
// Two phases. lookup() walks the plan in order, on one thread, and asks the cache only: a build
// that is cached throughout enters no namespace and starts no thread. The first vertex that misses
// ends it. go() then runs the rest of the graph on a pool: a vertex becomes ready when its last
// input is done, and the ready vertex with the longest chain behind it goes first.
#include "solver/solver.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>

#include "base/attempt.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "base/time.h"
#include "solver/copy/context_prefetch.h"
#include "solver/job.h"
#include "solver/run/secret_files.h"

namespace cairn::solver {
namespace {

// The length of the longest chain of vertices that depends on each one. The plan is in topological
// order, so one pass from the back is enough.
plan::PerVertex<int> remaining_work(const plan::Plan& plan) {
  plan::PerVertex<int> remaining(plan.vertices.size(), 0);
  for (std::size_t left = plan.vertices.size(); left > 0; --left) {
    plan::VertexId id{left - 1};
    for (plan::VertexId input : plan.vertices[id].inputs) {
      remaining[input] = std::max(remaining[input], remaining[id] + 1);
    }
  }
  return remaining;
}

// The vertices whose snapshots are layers of the target image.
plan::PerVertex<bool> target_layers(const plan::Plan& plan) {
  plan::PerVertex<bool> layers(plan.vertices.size(), false);
  for (const plan::HistoryLine& line : plan.history) {
    if (line.vertex) layers[*line.vertex] = true;
  }
  return layers;
}

class Run {
 public:
  Run(const plan::Plan& plan, const SolverServices& services)
      : plan_(plan),
        services_(services),
        remaining_(remaining_work(plan)),
        is_layer_(target_layers(plan)),
        waiting_for_(plan.vertices.size()),
        dependants_(plan.vertices.size()),
        read_(plan.vertices.size()),
        event_ids_(new_event_ids(plan)),
        notes_(plan.vertices.size()),
        results_(plan.vertices.size()),
        prefetch_(plan, services) {}

  // Looks up vertices in plan order, up to the first that has to run: keys of its dependants are
  // not known yet, and independent vertices should not wait for more lookups. True if all were
  // cached. One read transaction covers all lookups.
  bool lookup() {
    bool all = true;
    services_.store.reading([&] { all = lookup_in_order(); });
    return all;
  }

  // Steps after the first miss usually run too, so any of them counts.
  bool will_need_network() const {
    for (plan::VertexId id = looked_up_; id < plan_.vertices.end_id(); ++id) {
      const auto* op = std::get_if<plan::RunOp>(&plan_.vertices[id].op);
      if (op != nullptr && op->network == plan::NetworkMode::kDefault) return true;
    }
    return false;
  }

  StepResults take() { return std::move(results_); }

  StepResults go(const RunServices& services, std::stop_token outside) {
    // Only vertices from looked_up_ on are left; inputs before it have results already.
    std::stop_callback forward(outside, [this] { stop_.request_stop(); });
    for (plan::VertexId id = looked_up_; id < plan_.vertices.end_id(); ++id) {
      std::set<plan::VertexId> inputs;
      for (plan::VertexId input : plan_.vertices[id].inputs) {
        if (input >= looked_up_) inputs.insert(input);
      }
      waiting_for_[id] = inputs.size();
      for (plan::VertexId input : inputs) dependants_[input].push_back(id);
      if (inputs.empty()) ready_.insert({-remaining_[id], id});
    }
    {
      // Destroying the pool joins its threads, so nothing touches this object after the block.
      ThreadPool pool(std::max<std::size_t>(1, services_.jobs));
      schedule(pool, services);
    }
    if (failure_) std::rethrow_exception(failure_);
    if (outside.stop_requested()) throw Error(ErrorKind::kCancelled, "the build was cancelled");
    return std::move(results_);
  }

 private:
  bool lookup_in_order() {
    for (; looked_up_ < plan_.vertices.end_id(); ++looked_up_) {
      Job job = job_of(looked_up_);
      std::optional<StepResult> result = lookup_vertex(job);
      if (!result) return false;
      results_[looked_up_] = *std::move(result);
      report_target_layer(looked_up_, results_[looked_up_]);
    }
    return true;
  }

  void schedule(ThreadPool& pool, const RunServices& services) {
    std::unique_lock lock(mutex_);
    while (true) {
      while (!ready_.empty() && running_ < pool.size() && !stop_.stop_requested()) {
        plan::VertexId id = ready_.begin()->second;
        ready_.erase(ready_.begin());
        ++running_;
        pool.post([this, &services, id] { work(id, services); });
      }
      // Nothing runs and nothing may start: all is done, or the build was stopped.
      if (running_ == 0) return;
      finished_.wait(lock);
    }
  }

  void work(plan::VertexId id, const RunServices& services) {
    StepResult result;
    std::exception_ptr failure = exception_of([&] { result = result_of(id, services); });
    std::lock_guard lock(mutex_);
    --running_;
    if (failure) {
      // A failure after the first was most likely caused by the stop.
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
    return {{plan_, id, results_, services_}, stop_.get_token(), read_[id], event_ids_, notes_[id]};
  }

  StepResult result_of(plan::VertexId id, const RunServices& services) {
    RunJob job{job_of(id), services};
    // The step reads the context itself now; two readers would do the work twice.
    prefetch_.end(id);
    // The vertex that ended lookup() was already looked up there.
    std::optional<StepResult> found;
    if (id != looked_up_) found = lookup_vertex(job);
    if (!found && std::holds_alternative<plan::RunOp>(job.vertex().op)) prefetch_.begin(id);
    StepResult result = found ? *std::move(found) : run_vertex(job);
    // The digests may be large, and are not needed again.
    read_[id].reset();
    report_target_layer(id, result);
    return result;
  }

  void report_target_layer(plan::VertexId id, const StepResult& result) const {
    if (is_layer_[id] && services_.on_target_layer) {
      services_.on_target_layer(result.snapshot, plan_.vertices[id]);
    }
  }

  const plan::Plan& plan_;
  const SolverServices& services_;
  const plan::PerVertex<int> remaining_;
  const plan::PerVertex<bool> is_layer_;
  std::stop_source stop_;

  std::mutex mutex_;
  std::condition_variable finished_;
  std::set<std::pair<int, plan::VertexId>>
      ready_;  // longest remaining chain first, then file order
  std::size_t running_ = 0;
  plan::PerVertex<std::size_t> waiting_for_;
  plan::PerVertex<std::vector<plan::VertexId>> dependants_;
  std::exception_ptr failure_;
  plan::VertexId looked_up_;  // all vertices before this one have results
  // Per vertex, the digests that lookup_copy() computed; only that vertex's job touches its slot.
  plan::PerVertex<std::optional<std::vector<cache::SelectedContent>>> read_;
  const EventIds event_ids_;
  plan::PerVertex<StepNotes> notes_;  // as read_: only a vertex's job touches its slot
  // Each slot is written once, under the lock, before a dependant can start; dependants read it
  // without the lock.
  StepResults results_;
  ContextPrefetch prefetch_;
};

}  // namespace

std::optional<std::string> find_secret(const ClientSecrets& client_secrets, const std::string& id) {
  auto found = client_secrets.secrets.find(id);
  if (found == client_secrets.secrets.end()) return std::nullopt;
  return found->second;
}

StepResults Solver::solve(const plan::Plan& plan, std::stop_token stop) {
  Run run(plan, services_);
  if (run.lookup()) return run.take();
  StepEnvironment environment = services_.enter_namespaces(
      run.will_need_network() ? StepsNeed::kNetwork : StepsNeed::kNoNetwork);
  SecretFiles secret_files(services_.store.tmp_dir());
  StepResults results =
      run.go({*environment.executor, environment.builder, secret_files}, std::move(stop));
  environment.executor->release_idle();  // tears idle networks down in the background
  return results;
}

}  // namespace cairn::solver
