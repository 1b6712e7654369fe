// SPDX-License-Identifier: Apache-2.0
#include "overlay/diff.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "overlay/layer_marks.h"
#include "overlay/layer_writer.h"
#include "overlay/unpack.h"
#include "support/nested.h"
#include "support/string_sink.h"
#include "support/temp_tree.h"
#include "unit/overlay/told.h"

using namespace cairn;
using namespace cairn::overlay;
using test::Lines;
using test::TempTree;
using test::told;

namespace {

struct LayerPair {
  TempTree lower, upper;
  Lines diff() {
    test::even_times(lower);
    test::even_times(upper);
    return diff_of_times();
  }
  Lines diff_of_times() {
    return told(overlay::diff({{upper.root()}}, {.lowers = {lower.root()}}));
  }
};

}  // namespace

TEST_CASE("a file deleted above its layer becomes a whiteout in the diff") {
  LayerPair layers;
  layers.lower.file("etc/motd", "hello");
  layers.upper.whiteout("etc/motd");
  CHECK(layers.diff() == Lines{"A etc", "D etc/motd"});
}

TEST_CASE("a whiteout for what is not below says nothing") {
  LayerPair layers;
  layers.lower.dir("etc");
  layers.upper.whiteout("etc/motd");
  layers.upper.whiteout("gone");
  CHECK(layers.diff() == Lines{});
}

TEST_CASE("whiteouts written as attributes count like devices") {
  LayerPair layers;
  layers.lower.file("etc/motd", "hello");
  layers.lower.file("etc/empty", "hello");
  layers.upper.file("etc/motd");
  layers.upper.xattr("etc/motd", "user.overlay.whiteout", "y");
  layers.upper.file("etc/empty");
  layers.upper.xattr("etc", "user.overlay.opaque", "x");
  CHECK(layers.diff() == Lines{"A etc", "A etc/empty", "D etc/motd"});
}

TEST_CASE("an opaque directory is told as the deletion of what it hides") {
  LayerPair layers;
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

TEST_CASE("what is equal to the file below is no change") {
  LayerPair layers;
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

TEST_CASE("a directory whose time alone changed is a change, by what a layer says of times") {
  LayerPair layers;
  for (TempTree* tree : {&layers.lower, &layers.upper}) {
    for (const char* dir : {"later", "same", "deep/down"}) tree->dir(dir);
    tree->mtime("same", 1000, tree == &layers.lower ? 0 : 999);  // a layer keeps whole seconds
    tree->mtime("later", tree == &layers.lower ? 1000 : 1001);
    tree->mtime("deep/down", tree == &layers.lower ? 2000 : 1000);
    tree->mtime("deep", 1000);
  }
  CHECK(layers.diff_of_times() == Lines{"A deep", "A deep/down", "A later"});
}

TEST_CASE("a layer that replaces has its files, be they equal to those below") {
  LayerPair layers;
  for (TempTree* tree : {&layers.lower, &layers.upper}) {
    tree->file("d/a", "text");
    tree->symlink("d/l", "a");
    for (const char* name : {"d/a", "d/l"}) tree->mtime(name, 1000);
    tree->dir("e");
  }
  layers.lower.hard_link("d/neighbour", "d/a");
  CHECK(layers.diff() == Lines{});
  mark_replacing(layers.upper.fd());
  CHECK(layers.diff() == Lines{"A d", "A d/a", "A d/l"});
}

TEST_CASE("a change of type is one change, with nothing of the old tree") {
  LayerPair layers;
  layers.lower.file("was-dir/a", "1");
  layers.lower.file("was-file", "1");
  layers.upper.file("was-dir", "2");
  layers.upper.file("was-file/a", "2");
  CHECK(layers.diff() == Lines{"A was-dir", "A was-file", "A was-file/a"});
}

TEST_CASE("later names of an inode are links, and unchanged names follow a changed one") {
  LayerPair layers;
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

TEST_CASE("an image's own attributes of such names are attributes like others") {
  TempTree upper;
  upper.file("f", "x");
  upper.xattr("f", "user.overlay.overlay.redirect", "/etc");
  upper.xattr("f", "user.overlay.overlay.metacopy", "y");
  Changes changes = diff({{upper.root()}}, {});
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].xattrs.size() == 2);
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

TEST_CASE("a path that no layer can have is refused when the layer is made") {
  for (const test::Nest& nest : {test::Nest{std::string(250, 'd'), 100}, test::Nest{"d", 4097}}) {
    CAPTURE(nest.levels);
    TempTree upper;
    test::make(nest, upper);
    try {
      overlay::diff({{upper.root()}}, {});
      FAIL("it became a layer");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kLimit);
      CHECK(error.message().size() < 200);
      CHECK(error.message().find("/d") != std::string::npos);
    }
  }
}

TEST_CASE("the longest path of a layer is one that we unpack") {
  for (const test::Nest& nest : {test::Nest{std::string(255, 'd'), 63}, test::Nest{"d", 4096}}) {
    CAPTURE(nest.levels);
    TempTree upper, unpacked;
    test::make(nest, upper);
    test::StringSink sink;
    write_layer({{upper.root()}}, {}, {}, sink);
    MemorySource source(sink.text);
    CHECK(unpack_layer(source, unpacked.root()).entries == static_cast<std::uint64_t>(nest.levels));
  }
}
