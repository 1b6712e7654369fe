// SPDX-License-Identifier: Apache-2.0
//
// Plans of COPY and WORKDIR alone, run on a real store.
#include "solver/solver.h"

#include <doctest/doctest.h>

#include "tests/unit/solver/solver_fixture.h"

using namespace cairn;
using namespace cairn::solver;
using cairn::test::ExcludeOne;
using cairn::test::PlanMaker;
using cairn::test::SolverFixture;

// A vertex of a plan and one of the progress stream are counted apart.
static_assert(!std::is_convertible_v<plan::VertexId, progress::VertexId> &&
              !std::is_convertible_v<progress::VertexId, plan::VertexId> &&
              !std::is_convertible_v<std::size_t, plan::VertexId>);

namespace {

using Names = std::vector<std::string>;

struct Told {
  ErrorKind kind = ErrorKind::kBug;
  std::string message = "nothing failed";
  std::string hint;
  int line = 0;
};

Told failure_of(SolverFixture& fixture, const plan::Plan& plan, std::stop_token stop = {}) {
  try {
    fixture.solve(plan, std::move(stop));
    return {};
  } catch (const Error& error) {
    return {error.kind(), error.message(), error.hint(),
            error.span() ? error.span()->first_line : 0};
  }
}

}  // namespace

TEST_CASE(
    "each step is a snapshot on its parent, and a second build takes them all from the cache") {
  SolverFixture k;
  k.context.file("app", "bytes");
  PlanMaker p;
  auto base = p.scratch(), files = p.context();
  auto copy = p.copy(base, files, {"app"}, "/bin/");
  auto dir = p.workdir(copy, "/work/here");
  StepResults first = k.solve(p.plan);
  CHECK(first[base].snapshot.is_empty_root());
  CHECK(k.text(first[dir].snapshot, "/bin/app") == "bytes");
  CHECK(k.snapshotter.view(first[dir].snapshot)
            ->root()
            .find_in("/work/here", O_RDONLY | O_DIRECTORY));
  CHECK(k.store.snapshots().find(first[dir].snapshot)->parent == first[copy].snapshot);
  StepResults again = k.solve(p.plan);
  for (plan::VertexId id : {copy, dir}) {
    CHECK(!first[id].cached);
    CHECK(again[id].cached);
    CHECK(again[id].snapshot == first[id].snapshot);
    CHECK(again[id].key == first[id].key);
  }
  CHECK(k.left_in_tmp() == 0);
}

// K05, K06 ⚠39
TEST_CASE("a copy is known by the content of its files, not by their times") {
  SolverFixture k;
  k.context.file("app", "one");
  PlanMaker p;
  auto base = p.scratch();
  auto copy = p.copy(base, p.context(), {"app"}, "/app");
  SnapshotId first = k.solve(p.plan)[copy].snapshot;
  k.context.mtime("app", 12345);
  CHECK(k.solve(p.plan)[copy].snapshot == first);
  k.context.file("app", "two");
  StepResult changed = k.solve(p.plan)[copy];
  CHECK(!changed.cached);
  CHECK(k.text(changed.snapshot, "/app") == "two");
  k.context.file("app", "one");
  CHECK(k.solve(p.plan)[copy].snapshot == first);
}

TEST_CASE("what stands on a step that was run anew is run anew as well") {
  SolverFixture k;
  k.context.file("app");
  PlanMaker p;
  auto base = p.scratch();
  auto copy = p.copy(base, p.context(), {"app"}, "/app");
  auto dir = p.workdir(copy, "/work");
  StepResults first = k.solve(p.plan);
  p.plan.vertices[copy].no_cache = true;
  StepResults second = k.solve(p.plan);
  CHECK(second[copy].snapshot != first[copy].snapshot);
  CHECK(second[copy].key == first[copy].key);
  CHECK(!second[dir].cached);
  CHECK(k.store.snapshots().find(second[dir].snapshot)->parent == second[copy].snapshot);
}

TEST_CASE("a copy from a stage takes the stage's files, and is found again by its definition") {
  SolverFixture k;
  k.context.file("tool", "from the stage");
  PlanMaker p;
  auto base = p.scratch();
  auto stage = p.copy(base, p.context(), {"tool"}, "/out/tool");
  auto target = p.copy(base, stage, {"/out/tool"}, "/usr/bin/");
  StepResult result = k.solve(p.plan)[target];
  CHECK(k.text(result.snapshot, "/usr/bin/tool") == "from the stage");
  CHECK(k.text(result.snapshot, "/out/tool") == "(none)");
  CHECK(k.store.snapshots().find(result.snapshot)->parent.is_empty_root());
  StepResult again = k.solve(p.plan)[target];
  CHECK(again.cached);
  CHECK(again.key == result.key);
}

TEST_CASE("what waits with the longest chain behind it starts first") {
  SolverFixture k;
  k.context.file("app");
  PlanMaker p;
  auto base = p.scratch(), files = p.context();
  auto side = p.copy(base, files, {"app"}, "/side", "side");
  auto one = p.workdir(base, "/1", "chain 1");
  auto two = p.workdir(one, "/2", "chain 2");
  auto three = p.workdir(two, "/3", "chain 3");
  auto four = p.workdir(three, "/4", "chain 4");
  p.copy(four, side, {"/side"}, "/", "join");
  k.solve(p.plan);
  Names started = k.started();
  REQUIRE(started.size() == 6);
  CHECK(started[0] == "chain 1");
  CHECK(started[1] == "chain 2");
  CHECK(started.back() == "join");
}

TEST_CASE("many jobs give what one job gives") {
  SolverFixture k;
  k.jobs = 4;
  k.context.file("app", "x");
  PlanMaker p;
  auto base = p.scratch(), files = p.context();
  std::vector<plan::VertexId> sides;
  for (int i = 0; i < 8; ++i) {
    sides.push_back(p.copy(base, files, {"app"}, "/side" + std::to_string(i)));
  }
  plan::VertexId top = base;
  for (int i = 0; i < 8; ++i) {
    top = p.copy(top, sides[static_cast<std::size_t>(i)], {"/side" + std::to_string(i)}, "/all/");
  }
  SnapshotId root = k.solve(p.plan)[top].snapshot;
  for (int i = 0; i < 8; ++i) CHECK(k.text(root, "/all/side" + std::to_string(i)) == "x");
  CHECK(k.store.snapshots().stack(root).size() == 8);
}

TEST_CASE("a failure names its line, stops what has not begun, and keeps what was done") {
  SolverFixture k;
  k.context.file("app");
  PlanMaker p;
  auto base = p.scratch(), files = p.context();
  auto good = p.copy(base, files, {"app"}, "/app", "good");
  auto bad = p.copy(good, files, {"ap"}, "/", "bad");
  auto never = p.workdir(bad, "/work", "never");
  p.plan.vertices[bad].span = {
      .source = std::make_shared<SourceText>(SourceText{"Dockerfile", "x"}),
      .first_line = 3,
      .last_line = 3};
  Told told = failure_of(k, p.plan);
  CHECK(told.kind == ErrorKind::kDockerfile);
  CHECK(told.message == "\"/ap\": not found in the build context");
  CHECK(told.hint.find("app") != std::string::npos);
  CHECK(told.line == 3);
  CHECK(k.started() == Names{"good", "bad"});
  auto ends = k.sink.all<progress::VertexCompleted>();
  REQUIRE(ends.size() == 2);
  CHECK(ends[1].outcome == progress::Outcome::kFailed);
  CHECK(k.left_in_tmp() == 0);

  std::get<plan::CopyOp>(p.plan.vertices[bad].op).sources[0].path = "app";
  StepResults fixed = k.solve(p.plan);
  CHECK(fixed[good].cached);
  CHECK(!fixed[never].cached);
}

TEST_CASE("a build that is stopped before it begins runs nothing") {
  SolverFixture k;
  PlanMaker p;
  p.workdir(p.scratch(), "/work");
  std::stop_source stop;
  stop.request_stop();
  CHECK(failure_of(k, p.plan, stop.get_token()).kind == ErrorKind::kCancelled);
  CHECK(k.started().empty());
}

// Other errors of a lookup are left to the step, which meets them again.
TEST_CASE("a build that is stopped while it looks a step up does not begin that step") {
  struct Stopped final : PathFilter {
    Verdict judge(const std::string&, bool) const override {
      throw Error(ErrorKind::kCancelled, "cancelled");
    }
    std::string explain(const std::string&) const override { return ""; }
  };
  SolverFixture k;
  k.context.file("app", "bytes");
  k.filter = std::make_shared<Stopped>();
  PlanMaker p;
  p.copy(p.scratch(), p.context(), {"."}, "/");
  CHECK(failure_of(k, p.plan).kind == ErrorKind::kCancelled);
  CHECK(k.started().empty());
}

TEST_CASE("the target's own layers are told, new or cached, and no others") {
  SolverFixture k;
  k.context.file("app");
  PlanMaker p;
  auto base = p.scratch();
  auto stage = p.copy(base, p.context(), {"app"}, "/app");
  auto copy = p.copy(base, stage, {"/app"}, "/");
  auto dir = p.workdir(copy, "/work");
  for (auto id : {copy, dir}) {
    plan::HistoryLine history;
    history.vertex = id;
    p.plan.history.push_back(history);
  }
  StepResults results = k.solve(p.plan);
  CHECK(k.layers == std::vector{results[copy].snapshot, results[dir].snapshot});
  k.layers.clear();
  k.solve(p.plan);
  CHECK(k.layers == std::vector{results[copy].snapshot, results[dir].snapshot});
}

TEST_CASE("what the ignore file leaves out is neither copied nor part of the key") {
  SolverFixture k;
  k.context.file("kept", "1");
  k.context.file("secret", "1");
  k.filter = std::make_shared<ExcludeOne>("secret");
  PlanMaker p;
  auto base = p.scratch(), files = p.context();
  auto copy = p.copy(base, files, {"."}, "/");
  StepResult first = k.solve(p.plan)[copy];
  CHECK(k.text(first.snapshot, "/kept") == "1");
  CHECK(k.text(first.snapshot, "/secret") == "(none)");
  k.context.file("secret", "2");
  CHECK(k.solve(p.plan)[copy].cached);
  PlanMaker named;
  auto empty = named.scratch();
  named.copy(empty, named.context(), {"secret"}, "/");
  CHECK(failure_of(k, named.plan).hint.find(".dockerignore:1") != std::string::npos);
}

// C04 ⚠26
TEST_CASE("several files onto one name: the last is left, and that is told") {
  SolverFixture k;
  for (const char* name : {"a", "in/b", "c", "d", "in/e"}) k.context.file(name, name);
  PlanMaker p;
  auto base = p.scratch(), files = p.context();
  auto copy = p.copy(base, files, {"a", "in/?", "/c", "./d", "in/e"}, "/dest");
  CHECK(k.text(k.solve(p.plan)[copy].snapshot, "/dest") == "in/e");
  auto warnings = k.sink.all<progress::Warning>();
  REQUIRE(warnings.size() == 1);
  CHECK(
      warnings[0].message ==
      "6 files were written onto /dest one after the other, and only the last is left: in/e, "
      "without a, in/b, in/e and 2 more; a slash at the end makes it a directory that all of them "
      "go into: /dest/");
  std::get<plan::CopyOp>(p.plan.vertices[copy].op).dest = "/dest/";
  CHECK(k.text(k.solve(p.plan)[copy].snapshot, "/dest/b") == "in/b");
  CHECK(k.sink.all<progress::Warning>().size() == 1);
}

// C06
TEST_CASE("a pattern that is none is an error, and a bracket of JSON gets its own hint") {
  SolverFixture k;
  k.context.file("a", "A");
  PlanMaker p;
  plan::VertexId copy = p.copy(p.scratch(), p.context(), {"[\"a\","}, "/a");
  std::get<plan::CopyOp>(p.plan.vertices[copy].op).broken_json = true;
  Told json = failure_of(k, p.plan);
  CHECK(json.kind == ErrorKind::kDockerfile);
  CHECK(json.hint.starts_with("the closing ] of the JSON form is missing"));
  PlanMaker q;
  q.copy(q.scratch(), q.context(), {"empty/[x"}, "/a");
  CHECK(failure_of(k, q.plan).hint.starts_with("close the [ with a ]"));
}

// C06 ⚠20
TEST_CASE("a pattern without a match copies nothing and warns") {
  SolverFixture k;
  PlanMaker p;
  auto base = p.scratch();
  p.copy(base, p.context(), {"*.none"}, "/");
  CHECK_NOTHROW(k.solve(p.plan));
  auto warnings = k.sink.all<progress::Warning>();
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].message == "*.none matches nothing, copying nothing");
}

TEST_CASE("a file out of the Dockerfile itself gets its mode, and takes the place of a link") {
  SolverFixture k;
  k.context.symlink("top/motd", "/outside");
  PlanMaker p;
  auto base = p.scratch(), files = p.context();
  auto copy = p.copy(base, files, {"top"}, "/etc/");
  plan::CopyOp op;
  op.inline_files = {{.name = "motd", .content = "hello\n"}};
  op.dest = "/etc/";
  op.chmod = ModeChange::parse("640");
  auto top = p.add(op, {copy, files}, "COPY <<motd");
  SnapshotId root = k.solve(p.plan)[top].snapshot;
  auto view = k.snapshotter.view(root);
  auto st = view->root().find_stat("/etc/motd", sys::Follow::kNo);
  REQUIRE(st);
  CHECK(S_ISREG(st->st_mode));
  CHECK((st->st_mode & 07777) == 0640);
  CHECK(k.text(root, "/etc/motd") == "hello\n");
  CHECK(!view->root().find_stat("/outside", sys::Follow::kNo));
}

TEST_CASE("a working directory that is there stays as it is") {
  SolverFixture k;
  k.context.dir("top/data", 0750);
  PlanMaker p;
  auto base = p.scratch();
  auto copy = p.copy(base, p.context(), {"top"}, "/");
  auto dir = p.workdir(copy, "/data/new");
  auto view = k.snapshotter.view(k.solve(p.plan)[dir].snapshot);
  CHECK((view->root().find_stat("/data", sys::Follow::kNo)->st_mode & 07777) == 0750);
  CHECK((view->root().find_stat("/data/new", sys::Follow::kNo)->st_mode & 07777) == 0755);
}
