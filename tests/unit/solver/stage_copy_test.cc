// SPDX-License-Identifier: Apache-2.0
//
// A COPY from another stage takes files by hard link where that shows nowhere, and knows a stage
// that ran again by what it gave.
#include <doctest/doctest.h>

#include "overlay/internal/overlay_xattrs.h"
#include "tests/unit/solver/solver_fixture.h"

using namespace cairn;
using namespace cairn::test;

namespace {

// A stage with the context's /d as /out, and what is copied from it.
struct Stages {
  Stages() {
    fixture.context.file("d/app", "binary", 0755);
    fixture.context.file("d/share/text", "text");
    fixture.context.symlink("d/link", "share/text");
  }

  plan::VertexId stage() { return maker.copy(maker.scratch(), context, {"/d"}, "/out"); }
  void solve() { results = fixture.solve(maker.plan); }
  struct stat stat(plan::VertexId id, const std::string& path) {
    auto view = fixture.snapshotter.view(results[id].snapshot);
    return *view->root().find_stat(path, sys::Follow::kNo);
  }
  bool is_shared(plan::VertexId one, const std::string& path, plan::VertexId other,
                 const std::string& there) {
    return stat(one, path).st_ino == stat(other, there).st_ino;
  }
  std::string text(plan::VertexId id, const std::string& path) {
    return fixture.text(results[id].snapshot, path);
  }

  SolverFixture fixture;
  PlanMaker maker;
  plan::VertexId context = maker.context();
  solver::StepResults results;
};

}  // namespace

TEST_CASE("a tree and a single file of another stage are had by hard link") {
  Stages s;
  auto from = s.stage();
  auto tree = s.maker.copy(s.maker.scratch(), from, {"/out"}, "/usr");
  auto file = s.maker.copy(s.maker.scratch(), from, {"/out/app"}, "/bin/tool");
  auto followed = s.maker.copy(s.maker.scratch(), from, {"/out/link"}, "/text");
  s.solve();
  CHECK(s.is_shared(from, "/out/share/text", tree, "/usr/share/text"));
  CHECK(s.is_shared(from, "/out/app", file, "/bin/tool"));
  CHECK(s.is_shared(from, "/out/share/text", followed, "/text"));
  CHECK(S_ISLNK(s.stat(tree, "/usr/link").st_mode));
  CHECK(s.stat(file, "/bin/tool").st_mode == (S_IFREG | 0755));
}

TEST_CASE("a directory is copied as it is seen, whatever layers it lies in") {
  Stages s;
  s.fixture.context.file("e/share/more", "more");
  s.fixture.context.file("e/app", "newer");
  auto from = s.stage();
  // Below /out of two layers, one of which hides a file of the other; and what lies in one alone.
  auto upper = s.maker.copy(from, s.context, {"/e"}, "/out");
  auto both = s.maker.copy(s.maker.scratch(), upper, {"/out"}, "/both");
  auto one = s.maker.copy(upper, s.context, {"/d"}, "/one/deep");
  auto alone = s.maker.copy(s.maker.scratch(), one, {"/one"}, "/alone");
  s.solve();
  CHECK(s.text(both, "/both/app") == "newer");
  CHECK(s.text(both, "/both/share/text") == "text");
  CHECK(s.text(both, "/both/share/more") == "more");
  CHECK(s.is_shared(from, "/out/share/text", both, "/both/share/text"));
  CHECK(s.text(alone, "/alone/deep/app") == "binary");
  CHECK(s.is_shared(one, "/one/deep/app", alone, "/alone/deep/app"));
}

TEST_CASE("marks that a layer has in a directory of its own are not copied") {
  Stages s;
  auto from = s.stage();
  s.solve();
  // As an image may bring them: they hide nothing.
  std::string layer = s.fixture.store.snapshots().path(s.results[from].snapshot);
  sys::Fd share = sys::open_path(layer + "/out/share", O_RDONLY | O_DIRECTORY);
  overlay::internal::make_whiteout(share, "gone");
  auto tree = s.maker.copy(s.maker.scratch(), from, {"/out"}, "/copied");
  s.solve();
  CHECK(s.text(tree, "/copied/share/text") == "text");
  auto view = s.fixture.snapshotter.view(s.results[tree].snapshot);
  CHECK(!view->root().find_stat("/copied/share/gone", sys::Follow::kNo));
  CHECK(s.is_shared(from, "/out/share/text", tree, "/copied/share/text"));
}

TEST_CASE("a copy that differs in owner or mode, or may give a file two names, shares nothing") {
  Stages s;
  auto from = s.stage();
  auto owned = s.maker.copy(s.maker.scratch(), from, {"/out"}, "/usr");
  std::get<plan::CopyOp>(s.maker.plan.vertices[owned].op).chown = "0:0";
  auto twice = s.maker.copy(s.maker.scratch(), from, {"/out/share", "/out"}, "/usr/");
  s.solve();
  CHECK(!s.is_shared(from, "/out/app", owned, "/usr/app"));
  CHECK(!s.is_shared(from, "/out/share/text", twice, "/usr/text"));
  CHECK(!s.is_shared(twice, "/usr/share/text", twice, "/usr/text"));
}

TEST_CASE("files of a layer that lies below are copied") {
  Stages s;
  auto base = s.stage();
  s.fixture.context.file("own", "own");
  auto from = s.maker.copy(base, s.context, {"/own"}, "/out/own");
  auto target = s.maker.copy(base, from, {"/out"}, "/copy");
  s.solve();
  CHECK(!s.is_shared(target, "/out/app", target, "/copy/app"));
  CHECK(s.is_shared(from, "/out/own", target, "/copy/own"));
  CHECK(s.text(target, "/copy/app") == "binary");
}

TEST_CASE("the same files copied twice are two files, also from a stage that had them by link") {
  Stages s;
  auto from = s.stage();
  auto first = s.maker.copy(s.maker.scratch(), from, {"/out"}, "/one");
  auto second = s.maker.copy(first, from, {"/out"}, "/two");
  auto third = s.maker.copy(second, first, {"/one/app"}, "/three");
  s.solve();
  CHECK(s.is_shared(from, "/out/app", first, "/one/app"));
  CHECK(!s.is_shared(third, "/one/app", third, "/two/app"));
  CHECK(!s.is_shared(third, "/one/app", third, "/three"));
  CHECK(s.text(third, "/three") == "binary");
}

TEST_CASE("two parts of one stage in one image are both had by hard link") {
  Stages s;
  auto from = s.stage();
  auto first = s.maker.copy(s.maker.scratch(), from, {"/out/app"}, "/app");
  auto second = s.maker.copy(first, from, {"/out/share"}, "/share");
  s.solve();
  CHECK(s.is_shared(from, "/out/app", second, "/app"));
  CHECK(s.is_shared(from, "/out/share/text", second, "/share/text"));
}

TEST_CASE("hard links of a stage are hard links with as many names as were copied") {
  Stages s;
  s.fixture.context.hard_link("d/share/other", "d/app");
  auto from = s.stage();
  auto whole = s.maker.copy(s.maker.scratch(), from, {"/out"}, "/all");
  auto one = s.maker.copy(s.maker.scratch(), from, {"/out/app"}, "/app");
  auto both = s.maker.copy(one, from, {"/out/share"}, "/share");
  s.solve();
  CHECK(s.is_shared(whole, "/all/app", whole, "/all/share/other"));
  CHECK(s.stat(whole, "/all/app").st_nlink == 2);
  CHECK(s.stat(one, "/app").st_nlink == 1);
  CHECK(!s.is_shared(both, "/app", both, "/share/other"));
}

// K08
TEST_CASE("a stage that ran again and gave the same files changes nothing after it") {
  Stages s;
  auto build = [&](const std::string& beside, const std::string& text) {
    s.maker = PlanMaker();
    s.context = s.maker.context();
    s.fixture.context.file("beside", beside);
    s.fixture.context.file("d/share/text", text);
    auto from = s.maker.copy(s.stage(), s.context, {"/beside"}, "/beside");
    auto target = s.maker.copy(s.maker.scratch(), from, {"/out"}, "/usr");
    s.maker.workdir(target, "/work");
    s.solve();
    return std::pair(s.results[target], s.results.back());
  };
  auto [first, after_first] = build("1", "text");
  CHECK(!first.cached);
  auto [same, after_same] = build("2", "text");
  CHECK(same.cached);
  CHECK(same.snapshot == first.snapshot);
  CHECK(after_same.cached);
  auto [other, after_other] = build("3", "other");
  CHECK(!other.cached);
  CHECK(!after_other.cached);
  for (const char* beside : {"4", "5"}) {
    CHECK(build(beside, "text").first.snapshot == first.snapshot);
    CHECK(build(beside, "other").second.snapshot == after_other.snapshot);
  }
}

TEST_CASE("a stage that is gone since is nothing to compare with") {
  Stages s;
  auto build = [&](const std::string& beside) {
    s.maker = PlanMaker();
    s.context = s.maker.context();
    s.fixture.context.file("beside", beside);
    auto from = s.maker.copy(s.stage(), s.context, {"/beside"}, "/beside");
    auto target = s.maker.copy(s.maker.scratch(), from, {"/out"}, "/usr");
    s.solve();
    return std::pair(s.results[from].snapshot, s.results[target]);
  };
  auto [stage, first] = build("1");
  s.fixture.store.snapshots().drop(stage);
  auto [again, second] = build("2");
  CHECK(!second.cached);
  CHECK(s.text(s.maker.plan.root, "/usr/app") == "binary");
}
