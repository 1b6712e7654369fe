// SPDX-License-Identifier: Apache-2.0
#include "overlay/diff.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/temp_tree.h"
#include "unit/overlay/told.h"

using namespace cairn;
using namespace cairn::overlay;
using test::Lines;
using test::TempTree;
using test::told;

namespace {

struct Layers {
  TempTree lower, upper;
  Lines diff() { return told(overlay::diff({{upper.root()}}, {.lowers = {lower.root()}})); }
};

}  // namespace

TEST_CASE("a file deleted above its layer becomes a whiteout in the diff") {
  Layers layers;
  layers.lower.file("etc/motd", "hello");
  layers.upper.whiteout("etc/motd");
  CHECK(layers.diff() == Lines{"A etc", "D etc/motd"});
}

TEST_CASE("a whiteout for what is not below says nothing") {
  Layers layers;
  layers.lower.dir("etc");
  layers.upper.whiteout("etc/motd");
  layers.upper.whiteout("gone");
  CHECK(layers.diff() == Lines{});
}

TEST_CASE("whiteouts written as attributes count like devices") {
  Layers layers;
  layers.lower.file("etc/motd", "hello");
  layers.lower.file("etc/empty", "hello");
  layers.upper.file("etc/motd");
  layers.upper.xattr("etc/motd", "user.overlay.whiteout", "y");
  layers.upper.file("etc/empty");
  layers.upper.xattr("etc", "user.overlay.opaque", "x");
  CHECK(layers.diff() == Lines{"A etc", "A etc/empty", "D etc/motd"});
}

TEST_CASE("an opaque directory is told as the deletion of what it hides") {
  Layers layers;
  layers.lower.file("d/a", "1");
  layers.lower.file("d/c", "1");
  layers.lower.file("d/sub/x", "1");
  layers.lower.file("d/sub/y", "1");
  layers.upper.file("d/b", "2");
  layers.upper.file("d/sub/x", "2");
  layers.upper.opaque("d");
  CHECK(layers.diff() ==
        Lines{"A d", "D d/a", "A d/b", "D d/c", "A d/sub", "A d/sub/x", "D d/sub/y"});
}

TEST_CASE("what is equal to the file below is no change, whatever its directory's time") {
  Layers layers;
  for (TempTree* tree : {&layers.lower, &layers.upper}) {
    tree->file("d/same", "text");
    tree->file("d/content", tree == &layers.lower ? "left" : "rite");
    tree->file("d/mode", "text", tree == &layers.lower ? 0644 : 0600);
    tree->file("d/attribute", "text");
    tree->file("d/time", "text");
    tree->symlink("d/link", tree == &layers.lower ? "aa" : "bb");
    for (const char* name : {"d/same", "d/content", "d/mode", "d/attribute", "d/time", "d/link"}) {
      tree->mtime(name, 1000, 5);
    }
    tree->dir("walked");
  }
  layers.upper.xattr("d/attribute", "user.key", "value");
  layers.upper.mtime("d/attribute", 1000, 5);
  layers.upper.mtime("d/time", 1000, 6);
  CHECK(layers.diff() ==
        Lines{"A d", "A d/attribute", "A d/content", "A d/link", "A d/mode", "A d/time"});
}

TEST_CASE("a change of type is one change, with nothing of the old tree") {
  Layers layers;
  layers.lower.file("was-dir/a", "1");
  layers.lower.file("was-file", "1");
  layers.upper.file("was-dir", "2");
  layers.upper.file("was-file/a", "2");
  CHECK(layers.diff() == Lines{"A was-dir", "A was-file", "A was-file/a"});
}

TEST_CASE("later names of an inode are links, and unchanged names follow a changed one") {
  Layers layers;
  layers.lower.file("d/kept", "text");
  layers.lower.mtime("d/kept", 1000);
  layers.upper.file("d/kept", "text");
  layers.upper.mtime("d/kept", 1000);
  layers.upper.hard_link("new", "d/kept");
  layers.upper.hard_link("newer", "new");
  CHECK(layers.diff() == Lines{"A new", "A d", "L d/kept -> new", "L newer -> new"});
}

TEST_CASE("overlayfs's own attributes never show, the image's escaped ones do") {
  TempTree upper;
  upper.file("f", "x");
  upper.xattr("f", "user.overlay.origin", "secret");
  upper.xattr("f", "user.overlay.overlay.opaque", "y");
  upper.xattr("f", "user.mime", "text");
  Changes changes = diff({{upper.root()}}, {});
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].xattrs == sys::Xattrs{{"user.mime", "text"}, {"user.overlay.opaque", "y"}});
}

TEST_CASE("a layer that keeps data or names elsewhere is refused") {
  TempTree upper;
  upper.dir("d");
  upper.xattr("d", "user.overlay.redirect", "/etc");
  CHECK_THROWS_AS(diff({{upper.root()}}, {}), Error);
}

TEST_CASE("sockets are not part of a layer") {
  TempTree upper;
  upper.dir("run");
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::string path = upper.at("run/s");
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  sys::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  CHECK(told(diff({{upper.root()}}, {})) == Lines{"A run"});
}
