// SPDX-License-Identifier: Apache-2.0
//
// Unpacking a layer that lies above others: what it deletes and what it takes from below.
#include "overlay/unpack.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "overlay/diff.h"
#include "support/tar_maker.h"
#include "support/temp_tree.h"
#include "unit/overlay/jail.h"

using namespace cairn;
using namespace cairn::overlay;
using test::Jail;
using test::TarMaker;
using test::TempTree;

TEST_CASE("whiteouts become devices, opaque marks attributes") {
  Jail jail;
  jail.unpack(TarMaker().file("etc/.wh.motd", "").file("opt/.wh..wh..opq", "").end());
  CHECK(S_ISCHR(jail.stat("etc/motd").st_mode));
  CHECK(jail.stat("etc/motd").st_rdev == 0);
  CHECK(jail.opaque("opt"));
  CHECK(!jail.has("etc/.wh.motd"));
}

TEST_CASE("a whiteout hides what is below, not what its own layer holds") {
  Jail jail;
  jail.unpack(TarMaker()
                  .file("before/f")
                  .file(".wh.before", "")
                  .file(".wh.after", "")
                  .file("after/f")
                  .file("file", "kept")
                  .file(".wh.file", "")
                  .file(".wh.link", "")
                  .symlink("link", "x")
                  .file("o/f")
                  .file("o/.wh..wh..opq", "")
                  .end());
  CHECK(jail.opaque("before"));
  CHECK(jail.has("before/f"));
  CHECK(jail.opaque("after"));
  CHECK(jail.has("after/f"));
  CHECK(jail.text("file") == "kept");
  CHECK(S_ISLNK(jail.stat("link").st_mode));
  CHECK(jail.opaque("o"));
  CHECK(jail.has("o/f"));
}

TEST_CASE("whiteouts of nothing, of oneself and of the parent are damage") {
  for (const char* name : {".wh.", "d/.wh..", "d/.wh...", ".wh.x/file"}) {
    CAPTURE(name);
    Jail jail;
    CHECK(jail.failure(TarMaker().dir("d").file(name, "").end()) == ErrorKind::kCorrupt);
  }
}

TEST_CASE("aufs's own files are left out, and the lowest layer deletes nothing") {
  Jail jail;
  jail.unpack(TarMaker()
                  .dir(".wh..wh.plnk")
                  .file(".wh..wh.plnk/12.34")
                  .file(".wh..wh.aufs", "")
                  .file("gone/.wh.x", "")
                  .file(".wh..wh..opq", "")
                  .end(),
              {}, LayerPlace::kLowest);
  CHECK(sys::list_dir(sys::open_path(jail.dir, O_RDONLY)).empty());
}

TEST_CASE("an opaque root becomes whiteouts when the layer is settled") {
  TempTree lower;
  lower.file("etc/motd");
  lower.file("opt/x");
  Jail jail;
  UnpackResult result =
      jail.unpack(TarMaker().file(".wh..wh..opq", "").file("opt/y").file("new").end());
  merge_parent_metadata(jail.dir, result, {.lowers = {lower.root()}});
  CHECK(!jail.opaque(""));
  CHECK(jail.opaque("opt"));
  CHECK(S_ISCHR(jail.stat("etc").st_mode));
  CHECK(jail.has("new"));
}

TEST_CASE("implied directories take their metadata from below") {
  TempTree lower;
  lower.dir("var/lib", 0701);
  lower.mtime("var/lib", 1234);
  lower.xattr("var/lib", "user.note", "kept");
  sys::chmod_fd(lower.fd(), 0711);
  Jail jail;
  UnpackResult result = jail.unpack(TarMaker().file("var/lib/a/b").end());
  CHECK(result.implied_dirs.list() == std::vector<std::string>{".", "var", "var/lib", "var/lib/a"});
  CHECK(jail.stat("var/lib").st_mtim.tv_sec == 0);
  merge_parent_metadata(jail.dir, result, {.lowers = {lower.root()}});
  CHECK((jail.stat("var/lib").st_mode & 07777) == 0701);
  CHECK(jail.stat("var/lib").st_mtim.tv_sec == 1234);
  CHECK((jail.stat("var/lib/a").st_mode & 07777) == 0755);
  CHECK((jail.stat("").st_mode & 07777) == 0711);
  sys::Fd lib = sys::open_path(jail.dir + "/var/lib", O_RDONLY);
  CHECK(sys::find_xattr(lib, "user.note") == "kept");
}

TEST_CASE("a fresh upper directory takes the root's metadata from the highest layer") {
  TempTree lower, higher, upper;
  sys::chmod_fd(higher.fd(), 0711);
  higher.mtime(".", 4321);
  fix_implied_dirs(upper.root(), {"."}, {.lowers = {lower.root(), higher.root()}});
  CHECK((upper.stat(".").st_mode & 07777) == 0711);
  CHECK(upper.stat(".").st_mtim.tv_sec == 4321);
}

TEST_CASE("a hard link to a lower file copies it up first, as link(2) on an overlay does") {
  TempTree lower;
  lower.file("usr/bin/tool", "program", 0755);
  lower.mtime("usr/bin/tool", 99);
  Jail jail;
  UnpackResult result =
      jail.unpack(TarMaker().hard_link("bin/a", "usr/bin/tool").hard_link("b", "bin/a").end());
  merge_parent_metadata(jail.dir, result, {.lowers = {lower.root()}});
  CHECK(jail.text("bin/a") == "program");
  CHECK(jail.stat("b").st_nlink == 3);
  UnpackResult missing = jail.unpack(TarMaker().hard_link("c", "no/such").end());
  CHECK_THROWS_AS(merge_parent_metadata(jail.dir, missing, {.lowers = {lower.root()}}), Error);
}

TEST_CASE("a hard link's header says what the lower file is, by all of its names") {
  TempTree lower;
  lower.file("tool", "program", 0644);
  lower.file("same", "s", 0755);
  lower.mtime("tool", 99);
  lower.xattr("same", "user.kept", "from below");
  Jail jail;
  UnpackResult result =
      jail.unpack(TarMaker()
                      .add({.name = "a", .type = '1', .link = "tool", .mode = 0600})
                      .add({.name = "PaxHeaders.0/x", .type = 'x'},
                           TarMaker::pax_line("mtime=1234.5") +
                               TarMaker::pax_line("SCHILY.xattr.user.note=new") +
                               TarMaker::pax_line("SCHILY.xattr.trusted.overlay.redirect=/etc"))
                      .add({.name = "b", .type = '1', .link = "a", .mode = 04711})
                      .add({.name = "same", .type = '1', .link = "same", .mode = 0500})
                      .end());
  merge_parent_metadata(jail.dir, result, {.lowers = {lower.root()}});
  for (const char* name : {"tool", "a", "b"}) {
    struct stat st = jail.stat(name);
    CHECK((st.st_mode & 07777) == 04711);
    CHECK(st.st_nlink == 3);
    CHECK(st.st_mtim.tv_sec == 1234);
    CHECK(st.st_mtim.tv_nsec == 500'000'000);
  }
  sys::Fd tool = sys::open_path(jail.dir + "/tool", O_RDONLY);
  CHECK(sys::find_xattr(tool, "user.note") == "new");
  CHECK(!sys::find_xattr(tool, "trusted.overlay.redirect"));
  CHECK((jail.stat("same").st_mode & 07777) == 0500);
  CHECK(sys::find_xattr(sys::open_path(jail.dir + "/same", O_RDONLY), "user.kept") == "from below");
}

TEST_CASE(
    "what comes behind a hard link to a lower file takes the place of the link or the target") {
  TempTree lower;
  for (const char* name : {"one", "two", "three"}) lower.file(name, "lower");
  Jail jail;
  UnpackResult result =
      jail.unpack(TarMaker()
                      .add({.name = "a", .type = '1', .link = "one", .mode = 0600})
                      .file("one", "new")
                      .hard_link("b", "two")
                      .file("b", "new")
                      .file("c", "old")
                      .hard_link("c", "three")
                      .file(".wh.three", "")
                      .end());
  merge_parent_metadata(jail.dir, result, {.lowers = {lower.root()}});
  CHECK(jail.text("a") == "lower");
  CHECK((jail.stat("a").st_mode & 07777) == 0600);
  CHECK(jail.text("one") == "new");
  CHECK((jail.stat("one").st_mode & 07777) == 0644);
  CHECK(jail.text("b") == "new");
  CHECK(jail.text("c") == "lower");
  CHECK(S_ISCHR(jail.stat("three").st_mode));
}

TEST_CASE("a hard link to what its layer has deleted, or to what is below nothing, is corrupt") {
  Jail jail;
  CHECK(jail.failure(TarMaker().file(".wh.a", "").hard_link("b", "a").end()) ==
        ErrorKind::kCorrupt);
  CHECK_THROWS_AS(jail.unpack(TarMaker().hard_link("c", "a").end(), {}, LayerPlace::kLowest),
                  Error);
}

TEST_CASE("an archive cannot forge overlayfs's marks") {
  Jail jail;
  UnpackResult result = jail.unpack(TarMaker()
                                        .pax("SCHILY.xattr.user.overlay.opaque=y")
                                        .dir("d")
                                        .pax("SCHILY.xattr.trusted.overlay.redirect=/etc")
                                        .dir("e")
                                        .add({.name = "w", .type = '3'})
                                        .end());
  CHECK(!jail.opaque("d"));
  Changes changes = diff({{jail.dir}}, {});
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].xattrs == sys::Xattrs{{"user.overlay.opaque", "y"}});
  CHECK(changes[1].xattrs.empty());
  CHECK(!jail.has("w"));
  CHECK(result.warning_count == 1);
}
