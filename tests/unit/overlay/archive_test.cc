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
    unpack_archive(file_of(packed(program, tar)), sys::RootDir::open(root.root()), dest,
                   std::nullopt);
    CHECK(root.text("opt/" + std::string(program) + "/sub/a") == program);
    CHECK(root.has("opt/" + std::string(program) + "/.wh.name"));
  }
  unpack_archive(file_of(TarMaker().file("existing", "new").end()), sys::RootDir::open(root.root()),
                 "keep", std::nullopt);
  CHECK(root.text("keep/existing") == "new");
}

// D02
TEST_CASE("symlinks of the image and of the archive lead nowhere but into the root") {
  TempTree outside;
  outside.file("canary", "alive");
  outside.dir("root/data");
  outside.symlink("root/app", "/../../data");
  outside.symlink("root/out", "../../..");
  sys::RootDir root = sys::RootDir::open(outside.at("root"));
  unpack_archive(file_of(TarMaker()
                             .file("f", "1")
                             .symlink("up", "../..")
                             .file("up/g", "2")
                             .symlink("abs", "/data")
                             .hard_link("abs/h", "/f")
                             .end()),
                 root, "/app", std::nullopt);
  unpack_archive(file_of(TarMaker().file("canary", "x").end()), root, "out", std::nullopt);
  CHECK(outside.text("root/data/f") == "1");
  CHECK(outside.text("root/g") == "2");
  CHECK(outside.text("root/data/h") == "1");
  CHECK(outside.text("canary") == "alive");
  CHECK_THROWS_AS(unpack_archive(file_of(TarMaker().hard_link("x", "../../canary").end()), root,
                                 "/data", std::nullopt),
                  Error);
}

TEST_CASE("--chown covers members and the directories made for them") {
  TempTree root;
  root.file("probe");
  if (::fchownat(root.fd().get(), "probe", 7, 8, 0) < 0) {
    MESSAGE("skipped: other owners cannot be given here");
    return;
  }
  unpack_archive(file_of(TarMaker().add({.name = "a/b", .uid = 1, .gid = 2}).end()),
                 sys::RootDir::open(root.root()), "/new/dest", std::pair<uid_t, gid_t>(7, 8));
  for (const char* path : {"new", "new/dest", "new/dest/a", "new/dest/a/b"}) {
    CAPTURE(path);
    CHECK(root.stat(path).st_uid == 7);
    CHECK(root.stat(path).st_gid == 8);
  }
}
