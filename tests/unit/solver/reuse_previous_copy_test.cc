// SPDX-License-Identifier: Apache-2.0
#include "solver/copy/reuse_previous_copy.h"

#include <doctest/doctest.h>

#include "cache/content_digest.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::solver;
using cairn::test::TempTree;

namespace {

// A tree that is digested, and copied later.
struct Known {
  Known() {
    tree.file("d/a", "alpha");
    tree.file("d/sub/b", "beta");
    for (const char* file : {"d/a", "d/sub/b"}) tree.mtime(file, 1000);
  }
  // As if long after all of it was last changed, so that what is known is believed.
  static Timestamp later() { return {.seconds = now().seconds + 100}; }
  std::shared_ptr<const cache::StatIndex> digest() const {
    return cache::indexed_content(
               sys::RootDir::open(tree.root()), "/d", {.ignore_owner = true},
               {.file = store.at("index"), .tmp_dir = [&] { return store.root(); }, .now = later()})
        .files;
  }
  void copy(ReusePreviousCopy& files, const std::string& dest) const {
    sys::RootDir from = sys::RootDir::open(tree.root());
    sys::RootDir to = sys::RootDir::open(copies.root());
    overlay::CopyOptions options;
    options.known = &files;
    overlay::TreeCopier(from, to, options).copy("/d", dest);
  }

  TempTree tree;
  TempTree store;
  TempTree copies;
};

}  // namespace

TEST_CASE("a file that changed, came or went after it was digested is noticed while it is copied") {
  using Change = void (*)(TempTree&);
  for (Change change : std::initializer_list<Change>{
           [](TempTree& tree) { tree.file("d/a", "alphA"); },
           [](TempTree& tree) { tree.file("d/sub/c"); },
           [](TempTree& tree) { sys::unlink_at(tree.fd(), "d/sub/b"); }}) {
    Known k;
    auto digested = k.digest();
    ReusePreviousCopy same(digested);
    k.copy(same, "/before");
    CHECK(!same.have_changed());
    CHECK(same.copied_bytes() == 9);
    change(k.tree);
    ReusePreviousCopy stale(digested);
    k.copy(stale, "/after");
    CHECK(stale.have_changed());
  }
}

TEST_CASE("what an earlier copy lends is what was digested, whatever became of it since") {
  Known k;
  auto digested = k.digest();
  ReusePreviousCopy first(digested);
  k.copy(first, "/first");
  auto earlier = std::make_shared<const PreviousCopy>(
      PreviousCopy{.snapshot = SnapshotId::empty_root(),
                   .files = *cache::StatIndex::find(k.store.at("index"), Known::later()),
                   .layer = sys::RootDir::open(k.copies.root()),
                   .into = "/first"});
  k.tree.file("d/a", "alphA");
  ReusePreviousCopy second(digested, earlier);
  k.copy(second, "/second");
  CHECK(second.have_links());
  CHECK(!second.have_changed());
  CHECK(k.copies.text("second/a") == "alpha");
  CHECK(k.copies.stat("second/a").st_ino == k.copies.stat("first/a").st_ino);
}
