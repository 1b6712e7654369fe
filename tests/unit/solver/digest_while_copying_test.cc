// SPDX-License-Identifier: Apache-2.0
#include "solver/copy/digest_while_copying.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::solver;
using cairn::test::TempTree;

namespace {

// Two files that are "copied" without a copy, and then digested.
struct Fresh {
  Fresh() {
    tree.file("d/a", "alpha");
    tree.file("d/sub/b", "beta");
  }
  void copy(DigestWhileCopying& files, const std::string& below, const std::string& name,
            const std::function<void()>& meanwhile = {}) {
    std::string path = "d/" + (below.empty() ? name : below + "/" + name);
    overlay::OpenFile file{.fd = sys::open_at(tree.fd(), path.c_str(), O_RDONLY),
                           .st = sys::stat_at(tree.fd(), path.c_str()),
                           .xattrs = {}};
    {
      auto directory = files.directory(below);
      ByteSink* reader = directory->reader_of(file);
      reader->write(as_bytes(sys::read_all(file.fd)));
      if (meanwhile) meanwhile();
      directory->copied(name, file);
    }
    files.finished(below);
  }
  void copy_both(DigestWhileCopying& files) {
    copy(files, "", "a");
    copy(files, "sub", "b");
  }
  std::shared_ptr<const cache::StatIndex> digest() const {
    return cache::indexed_content(sys::RootDir::open(tree.root()), "/d", {.ignore_owner = true},
                                  place())
        .files;
  }
  cache::IndexPlace place() const {
    return {.file = store.at("index"), .tmp_dir = [&] { return store.root(); }};
  }

  TempTree tree;
  TempTree store;
};

}  // namespace

TEST_CASE("files that stayed as they were copied are the ones that are digested") {
  Fresh f;
  DigestWhileCopying files(f.place());
  f.copy_both(files);
  files.finish();
  CHECK(files.are(*f.digest()));
}

TEST_CASE("a file that changed, came or went after it was copied is noticed") {
  using Change = void (*)(TempTree&);
  for (Change change : std::initializer_list<Change>{
           [](TempTree& tree) { tree.file("d/a", "alphA"); },
           [](TempTree& tree) { tree.file("d/a", "alpha", 0755); },
           [](TempTree& tree) { tree.file("d/sub/c"); },
           [](TempTree& tree) { sys::unlink_at(tree.fd(), "d/sub/b"); }}) {
    Fresh f;
    DigestWhileCopying files(f.place());
    f.copy_both(files);
    files.finish();
    change(f.tree);
    CHECK(!files.are(*f.digest()));
  }
}

TEST_CASE("a file that changed while it was copied is noticed, and its digest is not believed") {
  Fresh f;
  DigestWhileCopying files(f.place());
  f.copy(files, "", "a", [&] { f.tree.file("d/a", "longer than it was"); });
  f.copy(files, "sub", "b");
  files.finish();
  auto digested = f.digest();
  CHECK(!files.are(*digested));
  sys::unlink_at(f.store.fd(), "index");
  CHECK(digested->directory("").find("a")->digest == f.digest()->directory("").find("a")->digest);
}

TEST_CASE("other names of a file that was copied are expected, any others are not") {
  Fresh f;
  f.tree.hard_link("d/again", "d/a");
  DigestWhileCopying files(f.place());
  f.copy_both(files);
  files.directory("")->linked("again", f.tree.stat("d/again"));
  files.finish();
  CHECK(files.are(*f.digest()));
  f.tree.hard_link("d/sub/more", "d/a");
  CHECK(!files.are(*f.digest()));
}
