// SPDX-License-Identifier: Apache-2.0
//
// A first COPY of much copies and digests in one pass. That must not show.
#include <doctest/doctest.h>

#include <filesystem>

#include "cache/stat_index.h"
#include "tests/unit/solver/solver_fixture.h"

using namespace cairn;
using namespace cairn::test;

namespace {

// COPY d /data of more than is digested before a build enters its namespace.
struct FirstCopy {
  FirstCopy() {
    for (int i = 0; i < 4; ++i)
      fixture.context.file(fmt::format("d/{}/large", i), std::string(3 << 20, 'a'));
    fixture.context.file("d/0/run", "text", 0755);
    fixture.context.file("d/empty", "");
    fixture.context.symlink("d/link", "0/run");
  }
  solver::StepResult copy(const std::string& dest = "/data") {
    PlanMaker maker;
    plan::VertexId at = maker.scratch();
    maker.copy(at, maker.context(), {"/d"}, dest);
    return fixture.solve(maker.plan).back();
  }
  std::vector<sys::DirEntry> indexes() const {
    return sys::list_dir(sys::open_path(fixture.store.contexts_dir(), O_RDONLY | O_DIRECTORY));
  }
  void forget_what_was_read() {
    for (const sys::DirEntry& one : indexes())
      std::filesystem::remove(fixture.store.contexts_dir() + "/" + one.name);
  }

  SolverFixture fixture;
};

}  // namespace

TEST_CASE("a tree that was copied first has the key that it has when it is digested first") {
  FirstCopy c;
  solver::StepResult first = c.copy();
  CHECK(!first.cached);
  CHECK(c.fixture.text(first.snapshot, "/data/link") == "text");
  CHECK(c.fixture.text(first.snapshot, "/data/3/large").size() == 3 << 20);
  CHECK(c.copy().cached);
  c.forget_what_was_read();
  solver::StepResult read = c.copy();
  CHECK(read.cached);
  CHECK(read.snapshot == first.snapshot);
}

TEST_CASE("what a first copy read is in the index") {
  FirstCopy c;
  c.copy();
  REQUIRE(c.indexes().size() == 1);
  auto index =
      cache::StatIndex::find(c.fixture.store.contexts_dir() + "/" + c.indexes()[0].name, now());
  REQUIRE(index);
  CHECK(index->directories() == 5);
  CHECK(index->directory("0").size() == 2);
  CHECK(index->directory("").find("empty")->stamp ==
        cache::FileStamp::of(c.fixture.context.stat("d/empty")));
}

TEST_CASE("hard links of the source count as what they are, copied first or not") {
  FirstCopy c;
  c.fixture.context.hard_link("d/2/again", "d/1/large");
  c.fixture.context.hard_link("outside", "d/3/large");
  solver::StepResult first = c.copy();
  auto view = c.fixture.snapshotter.view(first.snapshot);
  auto inode = [&](const char* path) {
    return view->root().find_stat(path, sys::Follow::kNo)->st_ino;
  };
  CHECK(inode("/data/2/again") == inode("/data/1/large"));
  c.forget_what_was_read();
  CHECK(c.copy().cached);
  CHECK(c.fixture.left_in_tmp() == 0);
}
