// SPDX-License-Identifier: Apache-2.0
//
// A store, a build context and all else a solver asks for, in a directory of their own. Plans are
// made of ops that need no sandbox, so the launcher is there and is never asked.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cache/local_cache.h"
#include "exec/sandbox_executor.h"
#include "snapshots/overlay_snapshotter.h"
#include "solver/solver.h"
#include "tests/support/fake_transport.h"
#include "tests/support/recording_sink.h"
#include "tests/support/temp_tree.h"

namespace cairn::test {

// Excludes one name at the top of a context.
struct ExcludeOne final : PathFilter {
  explicit ExcludeOne(std::string name) : excluded(std::move(name)) {}
  std::string excluded;
  Verdict judge(const std::string& path, bool) const override {
    return path == excluded ? Verdict::kExcluded : Verdict::kIncluded;
  }
  std::string explain(const std::string& path) const override {
    return path == excluded ? ".dockerignore:1" : "";
  }
};

// A plan put together vertex by vertex.
struct PlanMaker {
  plan::Plan plan;

  plan::VertexId add(plan::Op op, std::vector<plan::VertexId> inputs, std::string name = {}) {
    plan.root = plan.vertices.add({.op = std::move(op),
                                   .inputs = std::move(inputs),
                                   .name = std::move(name),
                                   .stage = {},
                                   .span = {}});
    return plan.root;
  }
  plan::VertexId scratch() { return add(plan::ScratchOp{}, {}); }
  plan::VertexId context() { return add(plan::LocalOp{"context"}, {}); }
  plan::VertexId copy(plan::VertexId on, plan::VertexId from, std::vector<std::string> paths,
                      const std::string& dest, const std::string& name = "COPY") {
    plan::CopyOp op;
    for (std::string& path : paths) op.sources.push_back({.from = from, .path = std::move(path)});
    op.dest = dest;
    return add(op, {on, from}, name);
  }
  plan::VertexId workdir(plan::VertexId on, const std::string& path,
                         const std::string& name = "WORKDIR") {
    return add(plan::WorkdirOp{.path = path, .user = ""}, {on}, name);
  }
};

struct SolverFixture {
  TempTree dir;
  TempTree context;
  store::Store store = store::Store::open(dir.root());
  cache::LocalCache local_cache{store};
  cache::StepCache cache{local_cache};
  snapshots::OverlaySnapshotter snapshotter{store};
  FakeTransport transport;
  RecordingSink sink;
  registry::Credentials credentials;
  registry::Client client{transport, credentials, sink};
  source::Images images{store, client, sink, source::Pull::kWhenMissing};
  sandbox::BuilderNamespace builder = sandbox::BuilderNamespace::of_caller();
  sandbox::Launcher launcher = sandbox::Launcher::start(builder);
  std::shared_ptr<const PathFilter> filter;
  std::size_t jobs = 1;
  std::vector<store::SnapshotId> layers;  // as on_target_layer told them

  solver::StepResults solve(const plan::Plan& plan, std::stop_token stop = {}) {
    std::map<std::string, source::LocalContext> contexts;
    contexts.emplace("context",
                     source::LocalContext{"context", sys::RootDir::open(context.root()), filter});
    solver::SolverServices services{
        .store = store,
        .cache = cache,
        .snapshotter = snapshotter,
        .images = images,
        .enter_namespaces =
            [this](solver::StepsNeed) {
              return solver::StepEnvironment{builder, std::make_unique<exec::SandboxExecutor>(
                                                          launcher, nullptr, store.tmp_dir())};
            },
        .sink = sink,
        .contexts = contexts,
        .jobs = jobs,
        .on_target_layer = [this](const store::SnapshotId& id,
                                  const plan::Vertex&) { layers.push_back(id); }};
    return solver::Solver(std::move(services)).solve(plan, std::move(stop));
  }

  // The text of a file in a snapshot's root; "(none)" when it is not there.
  std::string text(const store::SnapshotId& snapshot, const std::string& path) {
    auto view = snapshotter.view(snapshot);
    std::optional<sys::Fd> file = view->root().find_in(path, O_RDONLY);
    return file ? sys::read_all(*file) : "(none)";
  }
  std::vector<std::string> started() const {
    std::vector<std::string> names;
    for (const auto& event : sink.all<progress::VertexStarted>()) names.push_back(event.name);
    return names;
  }
  std::size_t left_in_tmp() const {
    return sys::list_dir(sys::open_path(store.tmp_dir(), O_RDONLY | O_DIRECTORY)).size();
  }
};

}  // namespace cairn::test
