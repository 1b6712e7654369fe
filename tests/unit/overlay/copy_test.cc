// SPDX-License-Identifier: Apache-2.0
#include "overlay/copy.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include "base/error.h"
#include "tests/support/nested.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::overlay;
using cairn::test::TempTree;

namespace {

// Everything but what a test names.
struct Ignore final : PathFilter {
  std::string excluded;
  std::string taken_back;
  Verdict judge(const std::string& path, bool is_directory) const override {
    if (!taken_back.empty() && path == taken_back) return Verdict::kIncluded;
    bool below = path.starts_with(excluded + "/");
    if (path != excluded && !below) return Verdict::kIncluded;
    bool on_the_way = taken_back.starts_with(path + "/");
    return is_directory && on_the_way ? Verdict::kPartly : Verdict::kExcluded;
  }
  std::string explain(const std::string&) const override { return ""; }
};

void copy(const TempTree& from, const TempTree& to, const std::string& source,
          const std::string& dest, CopyOptions options = {}) {
  sys::RootDir source_root = sys::RootDir::open(from.root());
  sys::RootDir dest_root = sys::RootDir::open(to.root());
  TreeCopier(source_root, dest_root, std::move(options)).copy(source, dest);
}

std::string refusal(const TempTree& from, const TempTree& to, const std::string& source,
                    const std::string& dest) {
  try {
    copy(from, to, source, dest);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kDockerfile);
    return error.message();
  }
  return "accepted";
}

}  // namespace

// C02, C03
TEST_CASE("a file goes into a directory, and becomes a path that is not there") {
  TempTree from, to;
  from.file("a", "text", 0640);
  to.dir("d");
  copy(from, to, "/a", "/d");
  copy(from, to, "/a", "/new/name");
  copy(from, to, "/a", "/other/");
  CHECK(to.text("d/a") == "text");
  CHECK(to.text("new/name") == "text");
  CHECK(to.text("other/a") == "text");
  CHECK((to.stat("d/a").st_mode & 07777) == 0640);
  CHECK((to.stat("other").st_mode & 07777) == 0755);
}

// C05, C08, C09 ⚠19 ⚠22
TEST_CASE("a directory gives its contents; its own mode stays behind, those of nested ones come") {
  TempTree from, to;
  from.file("src/nested/f");
  from.dir("src/nested", 0700);
  from.dir("src", 0711);
  from.mtime("src", 1000);
  to.dir("dest/nested", 0755);
  to.dir("dest", 0750);
  copy(from, to, "/src", "/dest");
  CHECK(to.has("dest/nested/f"));
  CHECK((to.stat("dest").st_mode & 07777) == 0750);
  CHECK((to.stat("dest/nested").st_mode & 07777) == 0700);
  CHECK(to.stat("dest").st_mtim.tv_sec == 1000);
}

// C16
TEST_CASE("times are kept to the nanosecond") {
  TempTree from, to;
  from.file("f");
  from.mtime("f", 1234567, 891);
  copy(from, to, "/f", "/g");
  CHECK(to.stat("g").st_mtim.tv_sec == 1234567);
  CHECK(to.stat("g").st_mtim.tv_nsec == 891);
}

// C07 ⚠21
TEST_CASE("the named source is followed inside its root, links in a directory stay links") {
  TempTree from, to;
  from.file("real/f", "x");
  from.symlink("absolute", "/real");
  from.symlink("climbing", "../../../real/f");
  from.symlink("real/inner", "/etc/passwd");
  copy(from, to, "/absolute", "/dir/");
  copy(from, to, "/climbing", "/file");
  CHECK(to.text("dir/f") == "x");
  CHECK(to.text("file") == "x");
  CHECK(S_ISLNK(to.stat("dir/inner").st_mode));
}

// C10
TEST_CASE("a destination path goes through links, and never out of the root") {
  TempTree from, to;
  from.file("f", "x");
  to.dir("usr/bin");
  to.symlink("bin", "usr/bin");
  to.symlink("out", "../../../../../../tmp");
  to.symlink("later", "/made/by/copy");
  copy(from, to, "/f", "/bin/tool");
  copy(from, to, "/f", "/out/x/");
  copy(from, to, "/f", "/later");
  CHECK(to.text("usr/bin/tool") == "x");
  CHECK(to.text("tmp/x/f") == "x");
  CHECK(to.text("made/by/copy") == "x");
}

// C10, E10 ⚠23
TEST_CASE("a tree that meets a link where it has a directory is refused with the reason") {
  TempTree from, to;
  from.file("rootfs/bin/tool");
  to.dir("usr/bin");
  to.symlink("bin", "usr/bin");
  CHECK(refusal(from, to, "/rootfs", "/") == "cannot copy to non-directory: /bin");
}

// C11
TEST_CASE("files replace files and links but no directory, directories replace nothing") {
  TempTree from, to;
  from.file("src/x", "new");
  from.file("src/y", "new");
  to.file("dest/x", "old");
  to.symlink("dest/y", "x");
  copy(from, to, "/src", "/dest");
  CHECK(to.text("dest/x") == "new");
  CHECK(!S_ISLNK(to.stat("dest/y").st_mode));
  TempTree full;
  full.dir("dest/x");
  CHECK(refusal(from, full, "/src", "/dest") == "cannot replace to directory /dest/x with file");
  full.file("plain");
  CHECK(refusal(from, full, "/src", "/plain") == "cannot copy to non-directory: /plain");
}

// C15
TEST_CASE("many large files of one directory are copied by whoever has time") {
  TempTree from, to;
  for (int i = 0; i < 40; ++i) from.file(fmt::format("d/{}", i), std::string(1 << 20, 'a'));
  copy(from, to, "/d", "/new");
  for (int i = 0; i < 40; ++i) CHECK(to.stat(fmt::format("new/{}", i)).st_size == 1 << 20);
}

TEST_CASE("hard links inside one source stay hard links") {
  TempTree from, to;
  from.file("src/a", "shared");
  from.hard_link("src/sub/b", "src/a");
  copy(from, to, "/src", "/dest");
  CHECK(to.stat("dest/a").st_ino == to.stat("dest/sub/b").st_ino);
  CHECK(to.stat("dest/a").st_nlink == 2);
}

TEST_CASE("an excluded directory appears only for what is taken back below it") {
  TempTree from, to;
  from.file("src/keep");
  from.file("src/node/drop");
  from.file("src/node/deep/kept");
  from.file("src/gone/f");
  Ignore filter;
  filter.excluded = "src/node";
  filter.taken_back = "src/node/deep/kept";
  CopyOptions options;
  options.filter = &filter;
  copy(from, to, "/src", "/dest", options);
  CHECK(to.has("dest/keep"));
  CHECK(to.has("dest/node/deep/kept"));
  CHECK(!to.has("dest/node/drop"));
  filter.taken_back.clear();
  copy(from, to, "/src", "/all", options);
  CHECK(!to.has("all/node"));
}

// C13
TEST_CASE("a mode of the line goes to files, directories and what is made on the way") {
  TempTree from, to;
  from.file("src/sub/f", "", 0644);
  CopyOptions options;
  options.mode = ModeChange::parse("700");
  copy(from, to, "/src", "/made/here", options);
  CHECK((to.stat("made").st_mode & 07777) == 0700);
  CHECK((to.stat("made/here").st_mode & 07777) == 0700);
  CHECK((to.stat("made/here/sub/f").st_mode & 07777) == 0700);
}

// C12, C15
TEST_CASE("where entries replace entries, nothing is followed, and links stay links") {
  TempTree from, to;
  for (const char* name : {"file", "over-link", "over-dir", "over-pipe", "dir/f"}) {
    from.file(name, "new");
  }
  from.hard_link("hard", "file");
  from.symlink("link", "file");
  to.file("victim/f", "precious");
  to.file("dest/file", "old");
  to.symlink("dest/over-link", "../victim/f");
  to.file("dest/over-dir/deep/f", "old");
  to.node("dest/over-pipe", S_IFIFO | 0644);
  to.symlink("dest/dir", "../victim");
  to.hard_link("dest/hard", "dest/file");
  to.file("dest/kept", "kept");
  sys::Fd reader = sys::open_path(to.at("dest/file"), O_RDONLY);
  CopyOptions replacing;
  replacing.replaces_entries = true;
  for (int again = 0; again < 2; ++again) {
    copy(from, to, "/", "/dest", replacing);
    for (const char* name :
         {"file", "over-link", "over-dir", "over-pipe", "dir/f", "hard", "link"}) {
      CAPTURE(name);
      CHECK(to.text(std::string("dest/") + name) == "new");
    }
    CHECK(to.text("victim/f") == "precious");
    CHECK(sys::stat_of(reader).st_size == 3);
    CHECK(sys::stat_of(reader).st_nlink == 0);
    CHECK(to.stat("dest/file").st_nlink == 2);
    CHECK(S_ISLNK(to.stat("dest/link").st_mode));
    CHECK(S_ISDIR(to.stat("dest/dir").st_mode));
    CHECK(sys::list_dir(sys::open_path(to.at("dest"), O_RDONLY)).size() == 8);
  }
}

TEST_CASE("fifos are made anew, sockets become empty files, attributes come along") {
  TempTree from, to;
  from.node("src/fifo", S_IFIFO | 0600);
  from.node("src/socket", S_IFSOCK | 0600);
  from.file("src/f");
  from.xattr("src/f", "user.note", "kept");
  copy(from, to, "/src", "/d");
  CHECK(S_ISFIFO(to.stat("d/fifo").st_mode));
  CHECK(S_ISREG(to.stat("d/socket").st_mode));
  CHECK(sys::find_xattr(sys::open_path(to.at("d/f"), O_RDONLY), "user.note") == "kept");
}

TEST_CASE("a tree with a path that no layer can have is not copied") {
  for (const test::Nest& nest : {test::Nest{std::string(250, 'd'), 100}, test::Nest{"d", 4097}}) {
    CAPTURE(nest.levels);
    TempTree from;
    test::make(nest, from);
    try {
      TempTree to;
      copy(from, to, "/", "/copy");
      FAIL("it was copied");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kLimit);
      CHECK(error.message().size() < 200);
      CHECK(error.message().find("/d") != std::string::npos);
    }
  }
}
