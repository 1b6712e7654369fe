// SPDX-License-Identifier: Apache-2.0
//
// A COPY that was made before takes unchanged files from its earlier snapshot by hard link; here is
// all that must not come of it.
#include <doctest/doctest.h>

#include "tests/unit/solver/solver_fixture.h"

using namespace cairn;
using namespace cairn::test;

namespace {

// COPY d /data of enough files to be remembered.
struct Copies {
  Copies() {
    for (int i = 0; i < 900; ++i) fixture.context.file(name(i), fmt::format("text {}", i));
  }
  static std::string name(int i) { return fmt::format("d/{}/{}", i % 5, i); }

  plan::Plan plan(int lines = 1) {
    PlanMaker maker;
    plan::VertexId at = maker.scratch();
    plan::VertexId context = maker.context();
    for (int i = 0; i < lines; ++i) at = maker.copy(at, context, {"/d"}, "/data");
    return maker.plan;
  }
  store::SnapshotId copy() { return fixture.solve(plan()).back().snapshot; }
  struct stat stat(const store::SnapshotId& snapshot, const std::string& file) {
    auto view = fixture.snapshotter.view(snapshot);
    return *view->root().find_stat("/data/" + file, sys::Follow::kNo);
  }
  bool is_shared(const store::SnapshotId& one, const store::SnapshotId& other,
                 const std::string& file) {
    return stat(one, file).st_ino == stat(other, file).st_ino;
  }

  SolverFixture fixture;
};

}  // namespace

TEST_CASE("only what changed is copied again, and earlier snapshots stay as they were") {
  Copies c;
  store::SnapshotId before = c.copy();
  c.fixture.context.file(Copies::name(7), "other");
  c.fixture.context.file(Copies::name(8), "text 8", 0755);
  c.fixture.context.mtime(Copies::name(9), 1000);
  c.fixture.context.file("d/0/new", "new");
  store::SnapshotId after = c.copy();
  CHECK(after != before);
  CHECK(c.is_shared(before, after, "1/6"));
  for (const char* changed : {"2/7", "3/8", "4/9"}) CHECK(!c.is_shared(before, after, changed));
  CHECK(c.fixture.text(after, "/data/2/7") == "other");
  CHECK(c.fixture.text(before, "/data/2/7") == "text 7");
  CHECK((c.stat(before, "3/8").st_mode & 07777) == 0644);
  CHECK((c.stat(after, "3/8").st_mode & 07777) == 0755);
  CHECK(c.stat(after, "4/9").st_mtim.tv_sec == 1000);
  CHECK(c.fixture.text(after, "/data/0/new") == "new");
  CHECK(c.fixture.text(after, "/data/0/5") == "text 5");
  // What it has of its own: "other", "text 8", "text 9" and "new".
  CHECK(c.fixture.store.snapshots().find(after)->size == 5 + 6 + 6 + 3 + 1);
}

TEST_CASE("names share an inode only where the source has a hard link now") {
  Copies c;
  c.fixture.context.file("d/0/a", "same");
  c.fixture.context.hard_link("d/1/b", "d/0/a");
  store::SnapshotId linked = c.copy();
  CHECK(c.stat(linked, "0/a").st_ino == c.stat(linked, "1/b").st_ino);
  struct stat st = c.fixture.context.stat("d/0/a");
  sys::unlink_at(c.fixture.context.fd(), "d/1/b");
  c.fixture.context.file("d/1/b", "same");
  c.fixture.context.mtime("d/1/b", st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
  c.fixture.context.file("d/2/more");  // links are no part of the key
  store::SnapshotId apart = c.copy();
  CHECK(c.stat(apart, "0/a").st_ino != c.stat(apart, "1/b").st_ino);
  sys::unlink_at(c.fixture.context.fd(), "d/1/b");
  c.fixture.context.hard_link("d/1/b", "d/0/a");
  c.fixture.context.file("d/2/most");
  store::SnapshotId again = c.copy();
  CHECK(c.stat(again, "0/a").st_ino == c.stat(again, "1/b").st_ino);
  CHECK(c.stat(again, "0/a").st_nlink == 2);
}

TEST_CASE("layers of one stack share no inodes") {
  Copies c;
  for (int round = 0; round < 3; ++round) {
    c.fixture.context.file("d/0/changing", std::to_string(round));
    solver::StepResults results = c.fixture.solve(c.plan(3));
    std::set<ino_t> inodes;
    for (plan::VertexId id{results.size() - 3}; id < results.end_id(); ++id) {
      std::string file = c.fixture.store.snapshots().path(results[id].snapshot) + "/data/1/6";
      inodes.insert(sys::stat_of(sys::open_path(file, O_PATH)).st_ino);
    }
    CHECK(inodes.size() == 3);
  }
}

TEST_CASE("a file that the earlier snapshot cannot lend is copied") {
  Copies c;
  store::SnapshotId before = c.copy();
  sys::Fd store = sys::open_path(c.fixture.store.snapshots().path(before), O_RDONLY);
  sys::unlink_at(store, "data/1/6");
  c.fixture.context.file(Copies::name(7), "other");
  store::SnapshotId after = c.copy();
  CHECK(c.fixture.text(after, "/data/1/6") == "text 6");
  CHECK(c.is_shared(before, after, "0/5"));
}

TEST_CASE("a link line by line goes on over many changes") {
  Copies c;
  store::SnapshotId first = c.copy();
  store::SnapshotId last = first;
  for (int i = 0; i < 4; ++i) {
    c.fixture.context.file("d/0/changing", std::to_string(i));
    last = c.copy();
  }
  CHECK(c.is_shared(first, last, "1/6"));
  CHECK(c.stat(last, "1/6").st_nlink == 5);
}
