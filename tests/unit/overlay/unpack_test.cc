// SPDX-License-Identifier: Apache-2.0
#include "overlay/unpack.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "base/error.h"
#include "overlay/diff.h"
#include "support/tar_maker.h"
#include "support/temp_tree.h"

using namespace cairn;
using namespace cairn::overlay;
using test::TarMaker;
using test::TempTree;

namespace {

// A layer directory beside a canary that no archive may touch.
struct Jail {
  TempTree outside;
  std::string dir;

  Jail() {
    outside.file("canary", "alive");
    outside.dir("layer");
    dir = outside.at("layer");
  }
  ~Jail() { CHECK(intact()); }

  UnpackResult unpack(const std::string& tar, const UnpackLimits& limits = {},
                      LayerPlace place = LayerPlace::kAboveOthers) {
    MemorySource source(tar);
    return unpack_layer(source, dir, limits, place);
  }
  ErrorKind failure(const std::string& tar, const UnpackLimits& limits = {}) {
    try {
      unpack(tar, limits);
    } catch (const Error& error) {
      return error.kind();
    }
    FAIL("it was unpacked");
    return ErrorKind::kBug;
  }
  bool has(const std::string& path) const { return outside.has("layer/" + path); }
  std::string text(const std::string& path) const { return outside.text("layer/" + path); }
  struct stat stat(const std::string& path) const {
    return outside.stat("layer/" + path);
  }
  bool intact() const {
    return outside.text("canary") == "alive" && outside.stat("canary").st_nlink == 1 &&
           sys::list_dir(outside.fd()).size() == 2;
  }
  bool opaque(const std::string& path) const {
    sys::Fd fd = sys::open_path(dir + "/" + path, O_RDONLY);
    return sys::find_xattr(fd, "user.overlay.opaque") == "y";
  }
};

}  // namespace

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

TEST_CASE("symlinks in a circle are an error") {
  Jail jail;
  CHECK_THROWS_AS(jail.unpack(TarMaker().symlink("a", "b").symlink("b", "a").file("a/f").end()),
                  Error);
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
  CHECK(result.lower_links == std::vector<LowerLink>{{.path = "one", .target = "canary"},
                                                     {.path = "two", .target = "up/canary"}});
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

TEST_CASE("an entry below a file is damage") {
  Jail jail;
  CHECK(jail.failure(TarMaker().file("a").file("a/b").end()) == ErrorKind::kCorrupt);
}

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
  settle_layer(jail.dir, result, {.lowers = {lower.root()}});
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
  CHECK(result.implied_dirs == std::vector<std::string>{".", "var", "var/lib", "var/lib/a"});
  CHECK(jail.stat("var/lib").st_mtim.tv_sec == 0);
  settle_layer(jail.dir, result, {.lowers = {lower.root()}});
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
  settle_layer(jail.dir, result, {.lowers = {lower.root()}});
  CHECK(jail.text("bin/a") == "program");
  CHECK(jail.stat("b").st_nlink == 3);
  CHECK(jail.stat("usr/bin/tool").st_mtim.tv_sec == 99);
  UnpackResult missing = jail.unpack(TarMaker().hard_link("c", "no/such").end());
  CHECK_THROWS_AS(settle_layer(jail.dir, missing, {.lowers = {lower.root()}}), Error);
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

TEST_CASE("sparse maps that lie are damage") {
  for (const char* map : {"5,2,3,1", "0,99", "1", "0,1,x,1", "9,9223372036854775807"}) {
    CAPTURE(map);
    std::string lines = TarMaker::pax_line("GNU.sparse.realsize=50") +
                        TarMaker::pax_line(std::string("GNU.sparse.map=") + map);
    Jail jail;
    CHECK(jail.failure(TarMaker().add({.name = "x", .type = 'x'}, lines).file("f", "ab").end()) ==
          ErrorKind::kCorrupt);
  }
}

TEST_CASE("damaged and truncated archives are told") {
  std::string good = TarMaker().dir("d").pax("path=d/long").file("f", "content").unended();
  Jail jail;
  for (std::size_t end = 1; end < good.size(); end += 7) {
    CAPTURE(end);
    if (end == 512) continue;  // between entries: legal, if odd
    CHECK(jail.failure(good.substr(0, end)) == ErrorKind::kCorrupt);
  }
  std::string flipped = good;
  flipped[5] ^= 1;
  CHECK(jail.failure(flipped) == ErrorKind::kCorrupt);
  CHECK(jail.unpack("").entries == 0);
  CHECK(jail.unpack(good).entries == 2);
}

TEST_CASE("pax headers that are no records are damage") {
  for (const char* text :
       {"x", "4 a=\n", "99 a=b\n", "6 a=b", "3 \n\n", "7 =abc\n", "18446744073709551615 a=b\n"}) {
    CAPTURE(text);
    Jail jail;
    CHECK(jail.failure(TarMaker().add({.name = "x", .type = 'x'}, text).file("f").end()) ==
          ErrorKind::kCorrupt);
  }
}

TEST_CASE("counts, sizes, names and depth are bounded") {
  Jail jail;
  std::string three = TarMaker().file("a", "12345").file("b", "12345").file("c").end();
  CHECK(jail.failure(three, {.max_entries = 2}) == ErrorKind::kLimit);
  CHECK(jail.failure(three, {.max_bytes = 9}) == ErrorKind::kLimit);
  CHECK(jail.failure(TarMaker().file("a/b/c/d").end(), {.max_depth = 3}) == ErrorKind::kLimit);
  CHECK(jail.failure(TarMaker().file("abcdef").end(), {.max_path = 5}) == ErrorKind::kLimit);
  CHECK(jail.failure(TarMaker().pax("size=9223372036854775807").file("f").end()) !=
        ErrorKind::kBug);
  std::string huge = TarMaker::pax_line("path=" + std::string(2'000'000, 'a'));
  CHECK(jail.failure(TarMaker().add({.name = "x", .type = 'x'}, huge).file("f").end()) ==
        ErrorKind::kCorrupt);
}

TEST_CASE("an owner beyond 32 bits is damage, one outside our map is told") {
  Jail jail;
  CHECK(jail.failure(TarMaker().pax("uid=4294967296").file("f").end()) == ErrorKind::kCorrupt);
  CHECK(jail.failure(TarMaker().pax("gid=4294967295").file("f").end()) == ErrorKind::kCorrupt);
  UnpackResult result = jail.unpack(TarMaker().add({.name = "f", .uid = 1000, .gid = 50}).end());
  CHECK((jail.stat("f").st_uid == 1000) == (result.warning_count == 0));
}

TEST_CASE("set-id bits survive the change of owner") {
  Jail jail;
  jail.unpack(TarMaker().add({.name = "su", .mode = 06755}, "x").end());
  CHECK((jail.stat("su").st_mode & 07777) == 06755);
}
