// SPDX-License-Identifier: Apache-2.0
#include "overlay/internal/path_finder.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "overlay/internal/overlay_xattrs.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::overlay::internal;
using cairn::test::TempTree;

namespace {

using Parts = std::vector<std::string>;

PathFinder finder(TempTree& tree, const std::string& root) {
  return PathFinder(sys::open_path(tree.at(root), O_RDONLY | O_DIRECTORY));
}

bool enter(PathFinder& finder, const std::string& path, Missing missing = Missing::kFail) {
  return finder.enter(path_parts(path), missing);
}

}  // namespace

TEST_CASE("the parts of a path are names alone, and none leads out of the root") {
  CHECK(path_parts("a//b/../c/.") == Parts{"a", "c"});
  CHECK(path_parts("/a/b/") == Parts{"a", "b"});
  CHECK(path_parts("../../a") == Parts{"a"});
  CHECK(path_parts("a/../../../b") == Parts{"b"});
  for (const char* root : {"", "/", ".", "./", "..", "a/..", "//."}) {
    CAPTURE(root);
    CHECK(path_parts(root).empty());
  }
}

TEST_CASE("directories are found through links of every kind, inside the root") {
  TempTree tree;
  tree.dir("root/a/b");
  tree.dir("outside");
  tree.symlink("root/rel", "a/b");
  tree.symlink("root/abs", "/a/b");
  tree.symlink("root/a/up", "../../../a/b");
  tree.symlink("root/chain", "rel/../up");
  tree.symlink("root/escape", "../outside");
  PathFinder at = finder(tree, "root");
  ino_t wanted = tree.stat("root/a/b").st_ino;
  for (const char* path : {"a/b", "rel", "abs", "a/up", "chain", "a/../rel"}) {
    CAPTURE(path);
    REQUIRE(enter(at, path));
    CHECK(at.path() == "a/b");
    CHECK(at.path_of("f") == "a/b/f");
    CHECK(sys::stat_of(at.dir()).st_ino == wanted);
  }
  CHECK(!enter(at, "escape"));
  REQUIRE(enter(at, ""));
  CHECK(at.path().empty());
  CHECK(at.path_of("f") == "f");
}

TEST_CASE("what is missing is made and noted, or told") {
  TempTree tree;
  tree.dir("root/there");
  PathFinder at = finder(tree, "root");
  CHECK(!enter(at, "there/not"));
  CHECK(!tree.has("root/there/not"));
  CHECK(enter(at, "there/new/deep", Missing::kMake));
  CHECK(at.implied().list() == Parts{"there/new", "there/new/deep"});
  CHECK((tree.stat("root/there/new").st_mode & 07777) == 0755);
  CHECK(enter(at, "there/new/deep"));
}

TEST_CASE("a link that leads nowhere yet gets its directory made where it points") {
  TempTree tree;
  tree.dir("root");
  tree.symlink("root/link", "../../later/here");
  PathFinder at = finder(tree, "root");
  CHECK(!enter(at, "link"));
  CHECK(enter(at, "link/below", Missing::kMake));
  CHECK(at.path() == "later/here/below");
  CHECK(tree.has("root/later/here/below"));
}

TEST_CASE("a file in the way is damage for who would make, and absence for who looks") {
  TempTree tree;
  tree.file("root/file");
  PathFinder at = finder(tree, "root");
  CHECK(!enter(at, "file/x"));
  CHECK_THROWS_AS(enter(at, "file/x", Missing::kMake), Error);
  CHECK(tree.has("root/file"));
}

TEST_CASE("links in a circle end") {
  TempTree tree;
  tree.dir("root");
  tree.symlink("root/a", "b");
  tree.symlink("root/b", "a");
  PathFinder at = finder(tree, "root");
  CHECK_THROWS_AS(enter(at, "a/x", Missing::kMake), Error);
}

TEST_CASE("a directory that was changed has its time again when it is left") {
  TempTree tree;
  tree.dir("root/a/b");
  tree.mtime("root/a/b", 5, 6);
  tree.mtime("root/a", 7);
  PathFinder at = finder(tree, "root");
  REQUIRE(enter(at, "a/b"));
  sys::make_dir_at(at.changing(), "new", 0755);
  REQUIRE(enter(at, "a/made", Missing::kMake));
  CHECK(tree.stat("root/a/b").st_mtim.tv_sec == 5);
  CHECK(tree.stat("root/a/b").st_mtim.tv_nsec == 6);
  CHECK(tree.stat("root/a").st_mtim.tv_sec != 7);
  at.leave();
  CHECK(tree.stat("root/a").st_mtim.tv_sec == 7);
  REQUIRE(enter(at, "a"));
  at.set_time({.seconds = 9});
  at.leave();
  CHECK(tree.stat("root/a").st_mtim.tv_sec == 9);
}

TEST_CASE("symlinks lead no deeper than names may") {
  TempTree tree;
  tree.dir("root/a/b");
  tree.symlink("root/a/b/again", "/a/b");
  tree.symlink("root/down", "a/b");
  PathFinder at(sys::open_path(tree.at("root"), O_RDONLY | O_DIRECTORY), {.depth = 2});
  CHECK(enter(at, "down/again/again"));
  CHECK_THROWS_AS(enter(at, "down/new", Missing::kMake), Error);
  PathFinder shorter(sys::open_path(tree.at("root"), O_RDONLY | O_DIRECTORY), {.bytes = 3});
  CHECK_THROWS_AS(enter(shorter, "a/b"), Error);
}

TEST_CASE("a set of directories takes the room of their names, and no more than it may") {
  cairn::overlay::DirNames names;
  Parts path;
  for (int i = 0; i < 4000; ++i) path.emplace_back("d");
  names.add(path);
  names.add({});
  CHECK(!names.empty());
  CHECK(names.contains(path));
  names.remove(path);
  names.remove(path);
  CHECK(names.list() == Parts{"."});
  names.add(Parts{"b", "c"});
  CHECK(!names.contains(Parts{"b"}));
  CHECK(names.list() == Parts{".", "b/c"});
  auto fill = [](cairn::overlay::DirNames& set) {
    for (int i = 0; i < 500'000; ++i) set.add(Parts{std::to_string(i)});
  };
  CHECK_THROWS_AS(fill(names), Error);
  cairn::overlay::DirNames forgetful(cairn::overlay::DirNames::WhenFull::kForget);
  fill(forgetful);
  CHECK(forgetful.contains(Parts{"7"}));
  CHECK(!forgetful.contains(Parts{"499999"}));
}

TEST_CASE("an attribute of the image that looks like a mark is kept under another name, and back") {
  struct Case {
    const char* image;
    const char* stored;
  };
  for (const Case& c : {Case{"user.x", "user.x"},
                        {"user.overlay.opaque", "user.overlay.overlay.opaque"},
                        {"user.overlay.overlay.x", "user.overlay.overlay.overlay.x"},
                        {"user.overlayx", "user.overlayx"},
                        {"security.capability", "security.capability"},
                        {"trusted.overlay.opaque", ""},
                        {"security.selinux", ""},
                        {"system.posix_acl_access", ""}}) {
    CAPTURE(c.image);
    CHECK(stored_xattr_name(c.image) == c.stored);
  }
  TempTree tree;
  tree.file("f");
  tree.xattr("f", "user.overlay.origin", "ours");
  for (const char* name : {"user.a", "user.overlay.opaque"}) {
    tree.xattr("f", stored_xattr_name(name).c_str(), "image's");
  }
  sys::Fd file = sys::open_path(tree.at("f"), O_RDONLY);
  CHECK(image_xattrs(file, XattrForm::kLayer) ==
        sys::Xattrs{{"user.a", "image's"}, {"user.overlay.opaque", "image's"}});
}

TEST_CASE("a directory's opacity is read in all its spellings") {
  TempTree tree;
  for (const char* name : {"plain", "opaque", "holder", "other"}) tree.dir(name);
  tree.opaque("opaque");
  tree.xattr("holder", "user.overlay.opaque", "x");
  tree.xattr("other", "user.overlay.opaque", "z");
  auto of = [&](const char* name) {
    return opacity(sys::open_path(tree.at(name), O_RDONLY | O_DIRECTORY));
  };
  CHECK(of("plain") == Opacity::kNone);
  CHECK(of("opaque") == Opacity::kOpaque);
  CHECK(of("holder") == Opacity::kHoldsWhiteouts);
  CHECK(of("other") == Opacity::kNone);
}

TEST_CASE("a capability loses the id of the namespace that set it, and nothing else") {
  std::string bound(
      "\1\0\0\3"
      "permittd"
      "inherit_"
      "root",
      24);
  std::string portable = portable_capability(bound);
  CHECK(portable == std::string("\1\0\0\2"
                                "permittd"
                                "inherit_",
                                20));
  CHECK(portable_capability(portable) == portable);
  for (const std::string& odd : {std::string(), std::string("x"), std::string(24, '\2')}) {
    CHECK(portable_capability(odd) == odd);
  }
}
