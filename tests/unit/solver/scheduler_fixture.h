// SPDX-License-Identifier: Apache-2.0
//
// A solver on fakes: a cache in memory, snapshots as plain directories, and commands that are
// functions of the test. Nothing is mounted.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "solver/solver.h"
#include "tests/support/directory_snapshotter.h"
#include "tests/support/fake_executor.h"
#include "tests/support/fake_transport.h"
#include "tests/support/memory_cache.h"
#include "tests/support/recording_sink.h"
#include "tests/support/temp_tree.h"

namespace cairn::test {

// Nothing of a test is in it but locks of steps.
struct AnyStore {
  TempTree dir;
  store::Store store = store::Store::open(dir.root());
};

// Solves plans of RUN steps; a step's argument is the number of its vertex.
struct Scheduler {
  explicit Scheduler(AnyStore& any) : store(any.store) {}

  store::Store& store;
  DirectorySnapshotter snapshotter;
  MemoryCache records{[this](const store::SnapshotId& id) { return snapshotter.parent_of(id); }};
  cache::StepCache cache{records};
  FakeTransport transport;
  RecordingSink sink;
  registry::Credentials credentials;
  registry::Client client{transport, credentials, sink};
  source::Images images{store, client, sink, source::Pull::kWhenMissing};
  sandbox::BuilderNamespace builder = sandbox::BuilderNamespace::of_caller();
  std::map<std::string, source::LocalContext> contexts;
  std::optional<rusage> usage;  // of each command

  solver::StepResults solve(const plan::Plan& plan, std::size_t jobs,
                            const FakeExecutor::Command& command, std::stop_token stop = {}) {
    solver::SolverServices services{.store = store,
                                    .cache = cache,
                                    .snapshotter = snapshotter,
                                    .images = images,
                                    .enter_namespaces =
                                        [&](solver::StepsNeed) {
                                          return solver::StepEnvironment{
                                              builder,
                                              std::make_unique<FakeExecutor>(command, usage)};
                                        },
                                    .sink = sink,
                                    .contexts = contexts,
                                    .jobs = jobs,
                                    .on_target_layer = {}};
    return solver::Solver(std::move(services)).solve(plan, std::move(stop));
  }
};

}  // namespace cairn::test
