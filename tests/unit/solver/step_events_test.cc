// SPDX-License-Identifier: Apache-2.0
//
// What the events of a build say of its steps, on a solver of fakes.
#include "solver/step_events.h"

#include <doctest/doctest.h>

#include <map>

#include "base/error.h"
#include "tests/unit/solver/scheduler_fixture.h"

using namespace cairn;
using namespace cairn::solver;
using progress::MissReason;
using progress::Outcome;
using progress::VertexCompleted;
using progress::VertexStarted;

namespace {

// An empty root, "first" on it in stage "build", and "second" on that, which also reads the root
// and files of the client.
plan::Plan two_steps() {
  auto file = std::make_shared<SourceText>(SourceText{"Dockerfile", "RUN first\nRUN second\n"});
  auto run = [&](const std::string& name, std::vector<plan::VertexId> inputs, int line) {
    plan::RunOp op;
    op.argv = {name};
    op.platform = oci::Platform::host();
    SourceSpan span{.source = file, .first_line = line, .last_line = line};
    return plan::Vertex{.op = std::move(op),
                        .inputs = std::move(inputs),
                        .name = "RUN " + name,
                        .stage = "build",
                        .span = span};
  };
  plan::Plan plan;
  auto scratch = plan.vertices.add(
      {.op = plan::ScratchOp{}, .inputs = {}, .name = "scratch", .stage = {}, .span = {}});
  auto files = plan.vertices.add(
      {.op = plan::LocalOp{"context"}, .inputs = {}, .name = "files", .stage = {}, .span = {}});
  auto first = plan.vertices.add(run("first", {scratch}, 1));
  plan.root = plan.vertices.add(run("second", {first, scratch, files}, 2));
  return plan;
}

// The events of one build of the plan, by the name of the vertex.
struct StepEvents {
  std::map<std::string, VertexStarted> starts;
  std::map<std::string, VertexCompleted> ends;
};

struct Builds {
  test::AnyStore any;
  test::Scheduler scheduler{any};

  // A command named `failing` ends with 7.
  StepEvents build(const plan::Plan& plan, const std::string& failing = {}) {
    std::size_t earlier = scheduler.sink.events().size();
    try {
      scheduler.solve(plan, 2, [&](const auto& argv, const auto&, const std::stop_token&) {
        return argv[0] == failing ? 7 : 0;
      });
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kStep);
      CHECK(!failing.empty());
    }
    StepEvents events;
    std::map<progress::VertexId, std::string> names;
    std::vector<progress::Event> all = scheduler.sink.events();
    for (std::size_t i = earlier; i < all.size(); ++i) {
      if (auto* start = std::get_if<VertexStarted>(&all[i])) {
        names[start->id] = start->name;
        events.starts[start->name] = *start;
      } else if (auto* end = std::get_if<VertexCompleted>(&all[i])) {
        events.ends[names.at(end->vertex)] = *end;
      }
    }
    return events;
  }
};

}  // namespace

TEST_CASE("a step that starts says what it is and what it stands on") {
  Builds builds;
  StepEvents events = builds.build(two_steps());
  REQUIRE(events.starts.size() == 2);
  const VertexStarted& first = events.starts.at("RUN first");
  const VertexStarted& second = events.starts.at("RUN second");
  CHECK(first.inputs.empty());
  // The root and the client's files do no work, so they have no vertex to name.
  CHECK(second.inputs == std::vector<progress::VertexId>{first.id});
  for (const VertexStarted* start : {&first, &second}) {
    CHECK(start->stage == "build");
    CHECK(start->platform == oci::Platform::host().str());
  }
  REQUIRE(second.span);
  CHECK(location(*second.span) == "Dockerfile:2");
  REQUIRE(first.key);
  CHECK(first.key == events.ends.at("RUN first").result.key);
}

TEST_CASE("a step that ran says why it was not cached, what it made and what it used") {
  Builds builds;
  rusage usage{};
  usage.ru_utime = {.tv_sec = 1, .tv_usec = 500'000};
  usage.ru_stime = {.tv_sec = 2, .tv_usec = 0};
  usage.ru_maxrss = 3;
  builds.scheduler.usage = usage;
  VertexCompleted end = builds.build(two_steps()).ends.at("RUN second");
  CHECK(end.outcome == Outcome::kOk);
  CHECK(end.result.miss->reason == MissReason::kNoRecord);
  CHECK(builds.scheduler.snapshotter.parent_of(SnapshotId::parse(end.result.snapshot)));
  CHECK(!end.result.layer_size);
  REQUIRE(end.result.use);
  CHECK(end.result.use->user_seconds == 1.5);
  CHECK(end.result.use->system_seconds == 2);
  CHECK(end.result.use->peak_memory == 3072);
}

TEST_CASE("a step out of the cache has key and snapshot of the one that ran, and no miss") {
  Builds builds;
  plan::Plan plan = two_steps();
  StepEvents ran = builds.build(plan), again = builds.build(plan);
  for (const char* name : {"RUN first", "RUN second"}) {
    const VertexCompleted& end = again.ends.at(name);
    CHECK(end.outcome == Outcome::kCached);
    CHECK(end.result.key == ran.ends.at(name).result.key);
    CHECK(end.result.snapshot == ran.ends.at(name).result.snapshot);
    CHECK(!end.result.miss);
    CHECK(!end.result.use);
    CHECK(again.starts.at(name).key == end.result.key);
    CHECK(again.starts.at(name).id != ran.starts.at(name).id);
  }
  CHECK(again.starts.at("RUN second").inputs ==
        std::vector<progress::VertexId>{again.starts.at("RUN first").id});
}

TEST_CASE("--no-cache is a reason of its own, and what stands on such a step has another") {
  Builds builds;
  plan::Plan plan = two_steps();
  StepEvents ran = builds.build(plan);
  plan.vertices[{2}].no_cache = true;
  StepEvents anew = builds.build(plan);
  const progress::VertexResult& first = anew.ends.at("RUN first").result;
  const progress::VertexResult& second = anew.ends.at("RUN second").result;
  CHECK(first.miss->reason == MissReason::kNoCache);
  CHECK(first.key == ran.ends.at("RUN first").result.key);
  CHECK(first.snapshot != ran.ends.at("RUN first").result.snapshot);
  CHECK(second.miss->reason == MissReason::kOtherParent);
  CHECK(second.miss->details == std::vector<std::pair<std::string, std::string>>{
                                    {"parent", first.snapshot},
                                    {"recorded parent", ran.ends.at("RUN first").result.snapshot}});
}

TEST_CASE("a step that fails ends with its whole error, and with what it used") {
  Builds builds;
  rusage usage{};
  usage.ru_maxrss = 1;
  builds.scheduler.usage = usage;
  StepEvents events = builds.build(two_steps(), "second");
  const VertexCompleted& end = events.ends.at("RUN second");
  CHECK(end.outcome == Outcome::kFailed);
  REQUIRE(end.error);
  CHECK(end.error->kind() == ErrorKind::kStep);
  CHECK(end.error->message() == "process \"second\" did not complete successfully: exit code: 7");
  CHECK(end.error->context() == std::vector<std::string>{"running step RUN second"});
  REQUIRE(end.error->span());
  CHECK(end.error->span()->first_line == 2);
  CHECK(end.result.key == events.starts.at("RUN second").key);
  CHECK(end.result.snapshot.empty());
  CHECK(end.result.use->peak_memory == 1024);
}
