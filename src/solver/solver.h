// SPDX-License-Identifier: Apache-2.0
//
// Running a plan: one scheduler (the calling thread) owns the state, jobs run on threads of their
// own pool. Ready vertices start in the order of the longest chain of work that waits for them. The
// first failure stops what is running and is the one thrown; what was committed before stays
// committed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/digest.h"
#include "plan/plan.h"
#include "progress/event.h"
#include "sandbox/launcher.h"
#include "solver/etc_files.h"
#include "solver/secret_files.h"
#include "source/images.h"
#include "source/local_context.h"
#include "source/web_files.h"
#include "store/store.h"

namespace cairn::solver {

// What a vertex came to. Downstream keys stand on `key`; the root is `snapshot` with all below it.
struct StepResult {
  Digest key = Digest::of("");
  std::string snapshot;  // "" for an empty root and for local files
  bool cached = false;
};

// What the user lends to steps that ask for it by id. It is no part of any key, and nothing of it
// is ever stored.
struct Lent {
  std::map<std::string, std::string> secrets;     // values
  std::map<std::string, std::string> ssh_agents;  // paths of the agents' sockets
};

std::optional<std::string> find_secret(const Lent& lent, const std::string& id);

// What the solver works with; everything outlives it.
struct Workshop {
  store::Store& store;
  source::Images& images;
  // Called once, by the thread of solve(), before anything is run, mounted or asked of a server: a
  // plan whose results are all recorded needs none of that, and no other thread. Gives what runs
  // steps.
  std::function<const sandbox::Launcher*()> enter;
  progress::Sink& sink;
  const std::map<std::string, source::LocalContext>& contexts;
  const source::WebFiles* web = nullptr;  // needed for plans that have HttpOps
  std::size_t jobs = 1;
  Lent lent = {};
  const sandbox::Launcher* launcher = nullptr;  // these three are made by solve()
  EtcFiles* etc = nullptr;
  SecretFiles* secret_files = nullptr;
  // Called on some thread, before enter() too, for each snapshot that the target's own layers need,
  // new or cached.
  std::function<void(const std::string& snapshot)> on_layer;
};

class Solver {
 public:
  explicit Solver(Workshop workshop) : workshop_(std::move(workshop)) {}

  // One result per vertex of the plan. Throws the first failure; kCancelled when `stop` came first.
  std::vector<StepResult> solve(const plan::Plan& plan, std::stop_token stop);

 private:
  Workshop workshop_;
};

}  // namespace cairn::solver
