// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <unistd.h>

#include "base/compress.h"
#include "base/error.h"
#include "base/sys/process.h"
#include "overlay/unpack.h"
#include "support/tar_maker.h"
#include "support/temp_tree.h"

using namespace cairn;
using namespace cairn::overlay;
using test::TarMaker;
using test::TempTree;

namespace {

sys::Fd file_of(std::string_view bytes) {
  sys::Fd file = sys::make_memfd("archive");
  sys::write_all(file, bytes);
  return file;
}

std::string packed(const char* program, const std::string& text) {
  return sys::run_command({program, "-c"}, text).output;
}

}  // namespace

// D01 ⚠28
TEST_CASE("an archive is known by its content, whatever its compression") {
  std::string tar = TarMaker().file("a").end();
  CHECK(looks_like_archive(file_of(tar)));
  for (const char* program : {"gzip", "bzip2", "xz", "zstd"}) {
    CAPTURE(program);
    if (!sys::find_program(program)) {
      MESSAGE("skipped: no " << program << " here");
      continue;
    }
    CHECK(looks_like_archive(file_of(packed(program, tar))));
    CHECK(!looks_like_archive(file_of(packed(program, "just text, compressed"))));
  }
  CHECK(!looks_like_archive(file_of("")));
  CHECK(!looks_like_archive(file_of("plain text")));
  CHECK(!looks_like_archive(file_of(std::string(10240, '\0'))));
  CHECK(!looks_like_archive(file_of("\x1f\x8b that only starts like gzip")));
  CHECK(!looks_like_archive(file_of(std::string("\xfd"
                                                "7zXZ") +
                                    '\0' + " and no more")));
}

// R09
TEST_CASE("an archive is as young as its youngest file; what is none or is damaged has no age") {
  TarMaker maker;
  maker.add({.name = "old", .mtime = 50}, "x").add({.name = "young", .mtime = 70}, "y");
  maker.add({.name = "dir", .type = '5', .mtime = 90});
  maker.add({.name = "link", .type = '2', .link = "old", .mtime = 95});
  std::string tar = maker.end();
  CHECK(newest_file(file_of(tar)) == Timestamp{.seconds = 70});
  if (sys::find_program("gzip"))
    CHECK(newest_file(file_of(packed("gzip", tar))) == Timestamp{.seconds = 70});
  CHECK(!newest_file(file_of("no archive")));
  CHECK(!newest_file(file_of(tar.substr(0, 1300))));
  CHECK(!newest_file(file_of(TarMaker().dir("d").end())));
}

TEST_CASE("an archive unpacks below its destination, which is made") {
  TempTree root;
  root.file("keep/existing", "old");
  for (const char* program : {"gzip", "bzip2", "xz", "zstd"}) {
    if (!sys::find_program(program)) continue;
    std::string dest = std::string("/opt/") + program;
    std::string tar = TarMaker().file("sub/a", program).file(".wh.name", "x").end();
    unpack_archive(file_of(packed(program, tar)), sys::RootDir::open(root.root()), dest);
    CHECK(root.text("opt/" + std::string(program) + "/sub/a") == program);
    CHECK(root.has("opt/" + std::string(program) + "/.wh.name"));
  }
  unpack_archive(file_of(TarMaker().file("existing", "new").end()), sys::RootDir::open(root.root()),
                 "keep");
  CHECK(root.text("keep/existing") == "new");
}

// D02; BuildKit unpacks in a chroot at the destination.
TEST_CASE("the destination is found in the root, and members stay in the destination") {
  TempTree outside;
  outside.file("canary", "alive");
  outside.dir("root/data");
  outside.file("root/etc/f", "the image's");
  outside.symlink("root/app", "/../../data");
  outside.symlink("root/out", "../../..");
  outside.symlink("root/data/image-link", "/etc");
  sys::RootDir root = sys::RootDir::open(outside.at("root"));
  unpack_archive(file_of(TarMaker()
                             .file("f", "1")
                             .symlink("up", "../..")
                             .file("up/g", "2")
                             .symlink("l", "..")
                             .file("l/etc/f", "3")
                             .symlink("abs", "/deep")
                             .hard_link("abs/h", "/f")
                             .file("image-link/f", "4")
                             .file("../../climbs", "5")
                             .end()),
                 root, "/app");
  unpack_archive(file_of(TarMaker().file("canary", "x").end()), root, "out");
  CHECK(outside.text("root/data/f") == "1");
  CHECK(outside.text("root/data/g") == "2");
  CHECK(outside.text("root/data/etc/f") == "4");
  CHECK(outside.text("root/data/deep/h") == "1");
  CHECK(outside.text("root/data/climbs") == "5");
  CHECK(outside.text("root/etc/f") == "the image's");
  CHECK(outside.text("root/canary") == "x");
  CHECK(outside.text("canary") == "alive");
  CHECK_THROWS_AS(
      unpack_archive(file_of(TarMaker().hard_link("x", "../../canary").end()), root, "/data"),
      Error);
}

// B11 of BuildKit's behaviour: "./" never describes the destination.
TEST_CASE("directories that exist stay as they are, whatever the archive says of them") {
  TempTree root;
  root.dir("dest/there", 0711);
  root.dir("dest/empty");
  root.mtime("dest/there", 50);
  root.mtime("dest", 60);
  TarMaker tar;
  tar.add({.name = "./", .type = '5', .mode = 0700, .mtime = 1})
      .add({.name = "", .type = '0'}, "nameless")
      .add({.name = "there/", .type = '5', .mode = 0700, .mtime = 1})
      .file("there/f")
      .add({.name = "new/", .type = '5', .mode = 0700, .mtime = 2})
      .file("new/f")
      .add({.name = "new/", .type = '5', .mode = 0750, .mtime = 3})
      .file("made/sub/f")
      .add({.name = "made/", .type = '5', .mode = 0751, .mtime = 4})
      .file("empty", "a file now");
  UnpackResult result =
      unpack_archive(file_of(tar.end()), sys::RootDir::open(root.root()), "/dest");
  CHECK(result.has_replaced);
  CHECK((root.stat("dest").st_mode & 07777) == 0755);
  CHECK(root.stat("dest").st_mtim.tv_sec == 60);
  CHECK((root.stat("dest/there").st_mode & 07777) == 0711);
  CHECK(root.stat("dest/there").st_mtim.tv_sec == 50);
  CHECK(root.has("dest/there/f"));
  CHECK((root.stat("dest/new").st_mode & 07777) == 0750);
  CHECK(root.stat("dest/new").st_mtim.tv_sec == 3);
  CHECK((root.stat("dest/made").st_mode & 07777) == 0751);
  CHECK(root.stat("dest/made").st_mtim.tv_sec == 4);
  CHECK(root.text("dest/empty") == "a file now");
}

TEST_CASE("--chown covers members and the directories made for them") {
  TempTree root;
  root.file("probe");
  if (::fchownat(root.fd().get(), "probe", 7, 8, 0) < 0) {
    MESSAGE("skipped: other owners cannot be given here");
    return;
  }
  unpack_archive(file_of(TarMaker().add({.name = "a/b", .uid = 1, .gid = 2}).end()),
                 sys::RootDir::open(root.root()), "/new/dest",
                 {.owner = Owner{.uid = 7, .gid = 8}});
  for (const char* path : {"new", "new/dest", "new/dest/a", "new/dest/a/b"}) {
    CAPTURE(path);
    CHECK(root.stat(path).st_uid == 7);
    CHECK(root.stat(path).st_gid == 8);
  }
}
