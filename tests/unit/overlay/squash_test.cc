// SPDX-License-Identifier: Apache-2.0
//
// --squash: the net effect of several upper directories on what is below them all.
#include <doctest/doctest.h>

#include "overlay/diff.h"
#include "support/temp_tree.h"
#include "unit/overlay/told.h"

using namespace cairn;
using namespace cairn::overlay;
using test::Lines;
using test::TempTree;
using test::told;

namespace {

struct SquashedLayers {
  TempTree base, first, second, third;
  LayerStack upper() { return {.lowers = {first.root(), second.root(), third.root()}}; }
  Changes changes() {
    for (TempTree* tree : {&base, &first, &second, &third}) test::even_times(*tree);
    return diff(upper(), {.lowers = {base.root()}});
  }
  Lines squash() { return told(changes()); }
};

}  // namespace

TEST_CASE("what one layer makes and a later one deletes is in none") {
  SquashedLayers layers;
  layers.base.dir("etc");
  layers.first.file("etc/secret", "hush");
  layers.first.file("tmp/build/object", "big");
  layers.second.whiteout("etc/secret");
  layers.second.whiteout("tmp");
  layers.third.file("etc/app", "x");
  CHECK(layers.squash() == Lines{"A etc", "A etc/app"});
}

TEST_CASE("a file of the base deleted by any of the layers is a whiteout, unless it came back") {
  SquashedLayers layers;
  for (const char* name : {"a", "b", "c"}) layers.base.file(name, "base");
  layers.first.whiteout("a");
  layers.second.whiteout("b");
  layers.third.file("b", "again");
  layers.first.file("c", "new");
  layers.third.whiteout("c");
  CHECK(layers.squash() == Lines{"D a", "A b", "D c"});
}

TEST_CASE("a directory of the base that was replaced hides what the base had in it") {
  SquashedLayers layers;
  for (const char* name : {"d/old", "d/sub/old", "e/old", "f/old"}) layers.base.file(name, "base");
  layers.first.whiteout("d");  // and made anew by the next
  layers.second.file("d/sub/new", "x");
  layers.second.opaque("d");
  layers.third.file("d/sub/more", "x");
  layers.second.file("e/new", "x");  // over the whiteout alone, without a mark
  layers.first.whiteout("e");
  layers.first.file("f", "a file");  // a file for a while
  layers.second.dir("f");
  layers.second.opaque("f");
  CHECK(layers.squash() == Lines{"A d", "D d/old", "A d/sub", "A d/sub/more", "A d/sub/new",
                                 "D d/sub/old", "A e", "A e/new", "D e/old", "A f", "D f/old"});
}

TEST_CASE("an opaque directory hides what the layers between had in it") {
  SquashedLayers layers;
  layers.first.file("d/one", "1");
  layers.second.file("d/two", "2");
  layers.second.opaque("d");
  layers.third.file("d/three", "3");
  CHECK(layers.squash() == Lines{"A d", "A d/three", "A d/two"});
}

TEST_CASE("metadata are those of the last layer that has them") {
  SquashedLayers layers;
  layers.base.dir("d", 0755);
  layers.first.dir("d", 0700);
  layers.first.file("d/f", "text", 0600);
  layers.second.file("d/f", "text", 0640);
  layers.second.xattr("d/f", "user.note", "kept");
  layers.third.dir("d", 0711);
  Changes changes = layers.changes();
  REQUIRE(told(changes) == Lines{"A d", "A d/f"});
  CHECK((changes[0].mode & 07777) == 0711);
  CHECK((changes[1].mode & 07777) == 0640);
  CHECK(changes[1].xattrs == sys::Xattrs{{"user.note", "kept"}});
}

TEST_CASE("what was changed and put back is no change") {
  SquashedLayers layers;
  for (TempTree* tree : {&layers.base, &layers.first, &layers.third}) {
    tree->file("d/f", tree == &layers.first ? "else" : "text");
    tree->mtime("d/f", 1000);
  }
  layers.second.dir("d", 0700);
  CHECK(layers.squash() == Lines{});
}

TEST_CASE("hard links of one layer stay links, and a name copied up later goes its own way") {
  SquashedLayers layers;
  layers.first.file("a", "text");
  layers.first.hard_link("b", "a");
  layers.first.hard_link("c", "a");
  CHECK(layers.squash() == Lines{"A a", "L b -> a", "L c -> a"});
  layers.third.file("a", "changed");
  CHECK(layers.squash() == Lines{"A a", "A b", "L c -> b"});
  layers.second.whiteout("b");
  CHECK(layers.squash() == Lines{"A a", "A c"});
}

TEST_CASE("whiteouts written as attributes count in the layer that says so") {
  SquashedLayers layers;
  layers.base.file("d/gone", "base");
  layers.base.file("d/empty", "base");
  layers.second.file("d/gone");
  layers.second.xattr("d/gone", "user.overlay.whiteout", "y");
  layers.second.xattr("d", "user.overlay.opaque", "x");
  layers.third.file("d/empty");
  layers.third.xattr("d/empty", "user.overlay.whiteout", "y");  // its directory says nothing
  CHECK(layers.squash() == Lines{"A d", "A d/empty", "D d/gone"});
}

TEST_CASE("with nothing below, the layers are the whole tree") {
  SquashedLayers layers;
  layers.first.file("etc/a", "1");
  layers.first.file("etc/b", "1");
  layers.second.whiteout("etc/a");
  CHECK(told(diff(layers.upper(), {})) == Lines{"A etc", "A etc/b"});
}

TEST_CASE("many deep layers are walked with few directories open") {
  TempTree tree;
  LayerStack upper;
  for (int i = 0; i < 60; ++i) {
    std::string layer = "layer" + std::to_string(i);
    tree.file(layer + "/a/b/c/d/e/f" + std::to_string(i), "x");
    tree.file(layer + "/a/z", std::to_string(i));
    upper.lowers.push_back(tree.at(layer));
  }
  Changes changes = diff(upper, {});
  CHECK(changes.size() == 5 + 60 + 1);
  CHECK(changes.back().path == "a/z");
}
