// SPDX-License-Identifier: Apache-2.0
//
// Runs a plan. One scheduler (the thread that calls solve()) owns the state; jobs run on threads of
// a pool of their own. Among the ready vertices, the one that the longest chain of work waits for
// starts first. The first failure stops what is running and is the one thrown; what was committed
// before stays committed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/digest.h"
#include "cache/step_cache.h"
#include "exec/executor.h"
#include "plan/plan.h"
#include "progress/event.h"
#include "sandbox/builder_namespace.h"
#include "snapshots/snapshotter.h"
#include "source/git_servers.h"
#include "source/images.h"
#include "source/local_context.h"
#include "source/remote_files.h"
#include "store/store.h"

namespace cairn::solver {

using store::SnapshotId;
using store::StepKey;

// The result of a vertex. Keys of downstream vertices build on `key`; the root is `snapshot` with
// all its parents.
struct StepResult {
  StepKey key = StepKey::of_empty_root();          // local files have none, and no key contains it
  SnapshotId snapshot = SnapshotId::empty_root();  // so it is for local files
  bool cached = false;
};

using StepResults = plan::PerVertex<StepResult>;

// What the user lends to steps that ask for it by id. It is part of no key and is never stored.
struct ClientSecrets {
  std::map<std::string, std::string> secrets;     // values
  std::map<std::string, std::string> ssh_agents;  // paths of the agents' sockets
};

// nullopt if the user gave no secret of this id.
std::optional<std::string> find_secret(const ClientSecrets& client_secrets, const std::string& id);

// Needed to unpack and to run. Exists once the builder has entered its namespaces.
struct StepEnvironment {
  const sandbox::BuilderNamespace& builder;
  std::unique_ptr<exec::Executor> executor;
};
enum class StepsNeed { kNoNetwork, kNetwork };

// What the solver works with. All references are borrowed and outlive the solver.
struct SolverServices {
  store::Store& store;
  cache::StepCache& cache;
  snapshots::Snapshotter& snapshotter;
  source::Images& images;
  // Called at most once, by the thread of solve(), before anything is run, mounted or requested
  // from a server. A plan whose results are all cached never calls it and starts no thread. If a
  // step still to run needs a network of its own, the first network is prepared in the background.
  // Throws if the host refuses the namespaces.
  std::function<StepEnvironment(StepsNeed)> enter_namespaces;
  progress::Sink& sink;
  const std::map<std::string, source::LocalContext>& contexts;
  const source::RemoteFiles* web = nullptr;         // required if the plan has HttpOps
  const source::GitServers* git_servers = nullptr;  // required if the plan has GitOps
  std::size_t jobs = 1;
  ClientSecrets client_secrets = {};
  // Called for each snapshot that is a layer of the target image, new or cached, with the step that
  // made it. Called on any thread, also before enter_namespaces().
  std::function<void(const SnapshotId& snapshot, const plan::Vertex& step)> on_target_layer;
};

class Solver {
 public:
  explicit Solver(SolverServices services) : services_(std::move(services)) {}

  // One result per vertex of the plan. Throws the first failure, or kCancelled if `stop` came
  // first.
  StepResults solve(const plan::Plan& plan, std::stop_token stop);

 private:
  SolverServices services_;
};

}  // namespace cairn::solver
