// SPDX-License-Identifier: Apache-2.0
//
// Unpacking a layer: where its entries land, and what they are then.
#include "overlay/unpack.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/sys/ids.h"
#include "support/tar_maker.h"
#include "unit/overlay/jail.h"

using namespace cairn;
using namespace cairn::overlay;
using test::Jail;
using test::TarMaker;

TEST_CASE("names that point outside land inside") {
  Jail jail;
  jail.unpack(TarMaker()
                  .file("../../canary")
                  .file("/etc/absolute")
                  .file("a/../../b/./c//d")
                  .dir("..//")
                  .end());
  CHECK(jail.text("canary") == "x");
  CHECK(jail.text("etc/absolute") == "x");
  CHECK(jail.text("b/c/d") == "x");
}

TEST_CASE("a symlink in a layer is followed inside the layer only") {
  Jail jail;
  jail.unpack(TarMaker()
                  .symlink("up", "../..")
                  .file("up/canary")
                  .symlink("abs", "/opt/app")
                  .file("abs/file")
                  .symlink("chain", "abs/deeper")
                  .file("chain/file")
                  .end());
  CHECK(jail.text("canary") == "x");
  CHECK(jail.text("opt/app/file") == "x");
  CHECK(jail.text("opt/app/deeper/file") == "x");
}

TEST_CASE("a final symlink is replaced, never written through") {
  Jail jail;
  jail.unpack(TarMaker()
                  .symlink("victim", "../canary")
                  .file("victim", "mine")
                  .symlink("dir", "..")
                  .dir("dir")
                  .file("dir/canary", "mine")
                  .end());
  CHECK(jail.text("victim") == "mine");
  CHECK(S_ISREG(jail.stat("victim").st_mode));
  CHECK(S_ISDIR(jail.stat("dir").st_mode));
}

TEST_CASE("hard links stay inside, through symlinks too") {
  Jail jail;
  jail.outside.file("layer/../canary", "alive");
  UnpackResult result = jail.unpack(TarMaker()
                                        .hard_link("one", "../canary")
                                        .symlink("up", "..")
                                        .hard_link("two", "up/canary")
                                        .symlink("direct", "../canary")
                                        .hard_link("three", "direct")
                                        .end());
  // The first two name a file that the layer does not have; the third is a name of the symlink.
  REQUIRE(result.lower_links.size() == 2);
  CHECK(result.lower_links[0].path == "one");
  CHECK(result.lower_links[0].target == "canary");
  CHECK(result.lower_links[1].path == "two");
  CHECK(result.lower_links[1].target == "up/canary");
  CHECK(S_ISLNK(jail.stat("three").st_mode));
}

TEST_CASE("hard links join names, to themselves too, but not directories") {
  Jail jail;
  jail.unpack(TarMaker()
                  .file("d/a", "text")
                  .hard_link("d/a", "d/a")
                  .file("b", "old")
                  .hard_link("b", "./d/../d/a")
                  .end());
  CHECK(jail.text("b") == "text");
  CHECK(jail.stat("b").st_ino == jail.stat("d/a").st_ino);
  CHECK(jail.failure(TarMaker().dir("dir").hard_link("x", "dir").end()) == ErrorKind::kCorrupt);
  CHECK(jail.failure(TarMaker().hard_link("x", "/").end()) == ErrorKind::kCorrupt);
}

TEST_CASE("the root can be described but not replaced") {
  Jail jail;
  UnpackResult result = jail.unpack(
      TarMaker().add({.name = "./", .type = '5', .mode = 0700, .mtime = 77}).file("a").end());
  CHECK((jail.stat("").st_mode & 07777) == 0700);
  CHECK(jail.stat("").st_mtim.tv_sec == 77);
  CHECK(result.implied_dirs.empty());
  CHECK(jail.failure(TarMaker().symlink(".", "/etc").end()) == ErrorKind::kCorrupt);
  CHECK(jail.failure(TarMaker().file("..").end()) == ErrorKind::kCorrupt);
}

TEST_CASE("later entries replace earlier ones, directories merge") {
  Jail jail;
  jail.unpack(TarMaker()
                  .file("a", "1")
                  .file("a", "2")
                  .file("d/kept")
                  .add({.name = "d/", .type = '5', .mode = 0711, .mtime = 5})
                  .file("e/gone")
                  .file("e", "a file now")
                  .end());
  CHECK(jail.text("a") == "2");
  CHECK(jail.has("d/kept"));
  CHECK((jail.stat("d").st_mode & 07777) == 0711);
  CHECK(jail.stat("d").st_mtim.tv_sec == 5);
  CHECK(jail.text("e") == "a file now");
}

TEST_CASE("device nodes are made, or their lack is told") {
  Jail jail;
  UnpackResult result = jail.unpack(
      TarMaker().add({.name = "null", .type = '3', .mode = 0666, .major = 1, .minor = 3}).end());
  if (result.warning_count == 0) {
    CHECK(S_ISCHR(jail.stat("null").st_mode));
    CHECK((jail.stat("null").st_mode & 07777) == 0666);
  } else {
    CHECK(result.warnings[0].find("null") != std::string::npos);
  }
}

TEST_CASE("long names come by pax, by GNU and by prefix") {
  std::string name(200, 'n');
  Jail jail;
  jail.unpack(TarMaker()
                  .pax("path=pax/" + name)
                  .file("short")
                  .add({.name = "././@LongLink", .type = 'L'}, "gnu/" + name + std::string(1, '\0'))
                  .file("short")
                  .add({.name = "././@LongLink", .type = 'K'}, name + std::string(1, '\0'))
                  .symlink("link", "short")
                  .end());
  CHECK(jail.has("pax/" + name));
  CHECK(jail.has("gnu/" + name));
  CHECK(sys::read_link_at(sys::open_path(jail.dir, O_RDONLY), "link") == name);
}

TEST_CASE("sparse files of pax 0.0, 0.1 and 1.0 get their holes back") {
  for (const std::string& map :
       {std::string("GNU.sparse.map=10,2,1000000,3"), std::string("GNU.sparse.major=1\n"),
        std::string("GNU.sparse.offset=10\nGNU.sparse.numbytes=2\n"
                    "GNU.sparse.offset=1000000\nGNU.sparse.numbytes=3")}) {
    CAPTURE(map);
    std::string lines = TarMaker::pax_line("GNU.sparse.realsize=2000000") +
                        TarMaker::pax_line("GNU.sparse.name=real");
    for (std::size_t at = 0; at < map.size();) {
      std::size_t end = std::min(map.find('\n', at), map.size());
      lines += TarMaker::pax_line(map.substr(at, end - at));
      at = end + 1;
    }
    std::string content = "abcde";
    if (map.starts_with("GNU.sparse.major")) {
      content = "2\n10\n2\n1000000\n3\n";
      content.resize(512);
      content += "abcde";
    }
    Jail jail;
    jail.unpack(TarMaker().add({.name = "x", .type = 'x'}, lines).file("other", content).end());
    CHECK(!jail.has("other"));
    std::string text = jail.text("real");
    REQUIRE(text.size() == 2'000'000);
    CHECK(text.substr(9, 4) == std::string("\0ab\0", 4));
    CHECK(text.substr(999'999, 5) == std::string("\0cde\0", 5));
    CHECK(jail.stat("real").st_blocks * 512 < 100'000);
  }
}

TEST_CASE("a directory's time is what its entry says, whatever is put into it and when") {
  Jail jail;
  jail.unpack(TarMaker()
                  .add({.name = "d/", .type = '5', .mode = 0755, .mtime = 5})
                  .file("other/x")
                  .file("d/sub/f")
                  .add({.name = "d/sub/", .type = '5', .mode = 0700, .mtime = 6})
                  .file("d/late")
                  .file("d/late", "again")
                  .file("d/sub/.wh.gone", "")
                  .end());
  CHECK(jail.stat("d").st_mtim.tv_sec == 5);
  CHECK(jail.stat("d/sub").st_mtim.tv_sec == 6);
  CHECK(jail.stat("other").st_mtim.tv_sec == 0);
  CHECK(jail.stat("").st_mtim.tv_sec == 0);
}

TEST_CASE("the header of a hard link says what the file is from then on") {
  Jail jail;
  jail.unpack(TarMaker()
                  .add({.name = "a", .mode = 0600, .mtime = 5}, "x")
                  .add({.name = "b", .type = '1', .link = "a", .mode = 0755, .mtime = 7})
                  .end());
  CHECK((jail.stat("a").st_mode & 07777) == 0755);
  CHECK(jail.stat("a").st_mtim.tv_sec == 7);
}

TEST_CASE("an owner beyond 32 bits is damage; one that has no id here is refused, or counted") {
  Jail jail;
  CHECK(jail.failure(TarMaker().pax("uid=4294967296").file("f").end()) == ErrorKind::kCorrupt);
  CHECK(jail.failure(TarMaker().pax("gid=4294967295").file("f").end()) == ErrorKind::kCorrupt);
  std::string tar = TarMaker()
                        .add({.name = "f", .uid = 1000, .gid = 50})
                        .add({.name = "d", .type = '5', .mode = 0755, .uid = 7})
                        .file("root's")
                        .end();
  bool has_ids = sys::has_ids({.uid = 1000, .gid = 50});
  try {
    jail.unpack(tar);
    CHECK(has_ids);
    CHECK(jail.stat("f").st_uid == 1000);
  } catch (const Error& error) {
    CHECK(!has_ids);
    CHECK(error.message().starts_with("cannot give /f to 1000:50: there is no uid 1000 here"));
    CHECK(error.hint().find("--ignore-owners") != std::string::npos);
  }
  Jail lenient;
  MemorySource source(tar);
  UnpackResult result =
      unpack_layer(source, lenient.dir, {}, LayerPlace::kAboveOthers, UnmappedOwners::kGiveToRoot);
  CHECK(result.lost_owners == (has_ids ? 0 : 2));
  CHECK(lenient.stat("f").st_uid == (has_ids ? 1000 : 0));
}

TEST_CASE("set-id bits survive the change of owner") {
  Jail jail;
  jail.unpack(TarMaker().add({.name = "su", .mode = 06755}, "x").end());
  CHECK((jail.stat("su").st_mode & 07777) == 06755);
}

TEST_CASE("content of a name with a slash at its end is never read as headers") {
  // A header where the content is: it comes into being only if the blocks are not skipped.
  std::string hidden = TarMaker().file("hidden", "").unended();
  for (char type : {'0', '\0'}) {
    CAPTURE(static_cast<int>(type));
    Jail jail;
    jail.unpack(TarMaker().add({.name = "name/", .type = type}, hidden).file("after").end());
    CHECK_FALSE(jail.has("hidden"));
    CHECK(jail.text("after") == "x");
    // As Go's archive/tar: the slash makes a directory only of a member older than ustar.
    CHECK(S_ISDIR(jail.stat("name").st_mode) == (type == '\0'));
    if (type == '0') CHECK(jail.text("name") == hidden);
  }
}
