// SPDX-License-Identifier: Apache-2.0
//
// Files and their metadata on the real kernel: holes, attributes, removal, the smaller calls.
#include "base/sys/copy.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using cairn::test::TempTree;

namespace {

sys::Fd copy_of(TempTree& tree, const std::string& name) {
  sys::Fd to = sys::open_path(tree.at("copy"), O_RDWR | O_CREAT | O_TRUNC, 0600);
  sys::copy_file_contents(sys::open_path(tree.at(name), O_RDONLY), to);
  return to;
}

void put_at(const sys::Fd& fd, off_t offset, std::string_view text) {
  REQUIRE(::pwrite(fd.get(), text.data(), text.size(), offset) ==
          static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("a copy has the same bytes, whatever the size") {
  TempTree tree;
  for (std::size_t size : {0ul, 1ul, 4096ul, 1'000'003ul}) {
    CAPTURE(size);
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; i += 997) text[i] = static_cast<char>('a' + i % 26);
    tree.file("from", text);
    copy_of(tree, "from");
    CHECK(Digest::of(tree.text("copy")) == Digest::of(text));
  }
}

TEST_CASE("holes stay holes, at the front, between and at the end") {
  TempTree tree;
  constexpr off_t kSize = 64 << 20;
  tree.file("sparse");
  sys::Fd fd = sys::open_path(tree.at("sparse"), O_RDWR);
  put_at(fd, 10 << 20, "first");
  put_at(fd, 40 << 20, "second");
  REQUIRE(::ftruncate(fd.get(), kSize) == 0);
  copy_of(tree, "sparse");
  CHECK(tree.stat("copy").st_size == kSize);
  CHECK(tree.stat("copy").st_blocks * 512 < 8 << 20);
  std::string copy = tree.text("copy");
  CHECK(copy.substr(10 << 20, 5) == "first");
  CHECK(copy.substr(40 << 20, 6) == "second");
  CHECK(std::count(copy.begin(), copy.end(), '\0') == kSize - 11);
}

TEST_CASE("a file that is one hole keeps its size") {
  TempTree tree;
  tree.file("hole");
  REQUIRE(::truncate(tree.at("hole").c_str(), 5 << 20) == 0);
  copy_of(tree, "hole");
  CHECK(tree.stat("copy").st_size == 5 << 20);
  CHECK(tree.stat("copy").st_blocks * 512 < 1 << 20);
}

TEST_CASE("bytes cross from one filesystem to another") {
  TempTree tree;
  sys::Fd memory = sys::make_memfd("from");
  sys::write_all(memory, "from memory");
  ::lseek(memory.get(), 0, SEEK_SET);
  sys::Fd to = sys::open_path(tree.at("copy"), O_WRONLY | O_CREAT, 0600);
  sys::copy_file_contents(memory, to);
  CHECK(tree.text("copy") == "from memory");
}

TEST_CASE("attributes are set, listed in order, read whole and removed, also without a real open") {
  TempTree tree;
  tree.file("f");
  sys::Fd real = sys::open_path(tree.at("f"), O_RDONLY);
  if (!sys::try_set_xattr(real, "user.probe", "y")) {
    MESSAGE("skipped: no user attributes on this filesystem");
    return;
  }
  sys::remove_xattr(real, "user.probe");
  for (int flags : {O_RDONLY, O_PATH}) {
    CAPTURE(flags);
    sys::Fd fd = sys::open_path(tree.at("f"), flags);
    std::string large(1500, 'v'), binary("\0\xff\0", 3);
    sys::set_xattr(fd, "user.large", large);
    sys::set_xattr(fd, "user.binary", binary);
    sys::set_xattr(fd, "user.empty", "");
    std::vector<std::string> names;
    for (const std::string& name : sys::list_xattrs(fd)) {
      if (name.starts_with("user.")) names.push_back(name);
    }
    CHECK(names == std::vector<std::string>{"user.binary", "user.empty", "user.large"});
    CHECK(sys::find_xattr(fd, "user.large") == large);
    CHECK(sys::find_xattr(fd, "user.binary") == binary);
    CHECK(sys::find_xattr(fd, "user.empty") == "");
    for (const char* name : {"user.large", "user.binary", "user.empty", "user.empty"}) {
      sys::remove_xattr(fd, name);
    }
    CHECK(!sys::find_xattr(fd, "user.large"));
  }
}

TEST_CASE("a symlink has no user attributes, and its target is not asked in its place") {
  TempTree tree;
  tree.file("target");
  sys::Fd target = sys::open_path(tree.at("target"), O_RDONLY);
  if (!sys::try_set_xattr(target, "user.of", "target")) {
    MESSAGE("skipped: no user attributes on this filesystem");
    return;
  }
  tree.symlink("link", "target");
  sys::Fd link = sys::open_at(tree.fd(), "link", O_PATH | O_NOFOLLOW);
  CHECK(!sys::try_set_xattr(link, "user.of", "link"));
  CHECK(sys::find_xattr(target, "user.of") == "target");
  for (const std::string& name : sys::list_xattrs(link)) CHECK(name != "user.of");
}

TEST_CASE("an attribute of no known kind is refused without an exception") {
  TempTree tree;
  tree.file("f");
  sys::Fd fd = sys::open_path(tree.at("f"), O_RDONLY);
  CHECK(!sys::try_set_xattr(fd, "nonsense", "x"));
  CHECK_THROWS_AS(sys::set_xattr(fd, "nonsense", "x"), Error);
  CHECK(!sys::find_xattr(fd, "nonsense.name"));
}

TEST_CASE("removal takes whatever a name is, and a missing name is no error") {
  TempTree tree;
  tree.file("file");
  tree.symlink("dangling", "/nowhere");
  tree.dir("empty");
  tree.node("fifo", S_IFIFO | 0600);
  tree.dir("outside");
  tree.file("outside/kept");
  tree.symlink("to-dir", "outside");
  tree.file("full/a/b/c");
  tree.file("full/.hidden");
  for (const char* name :
       {"file", "dangling", "empty", "fifo", "to-dir", "full", "never/was", "never"}) {
    CAPTURE(name);
    sys::remove_tree_at(tree.fd(), name);
    CHECK(!tree.has(name));
  }
  CHECK(tree.has("outside/kept"));
  sys::remove_tree(tree.at("outside/kept/below-a-file"));
  CHECK(tree.has("outside/kept"));
}

TEST_CASE("a directory whose owner took all rights away is still removed") {
  TempTree tree;
  tree.file("a/b/c/d");
  tree.dir("a/b/c", 0000);
  tree.dir("a/b", 0100);
  tree.dir("a", 0400);
  sys::remove_tree(tree.at("a"));
  CHECK(!tree.has("a"));
}

TEST_CASE("directories are made with their parents, and a file in the way is an error") {
  TempTree tree;
  tree.file("file");
  sys::make_dirs(tree.at("x//y/./z/"), 0750);
  sys::make_dirs(tree.at("x/y/z"), 0700);
  CHECK((tree.stat("x/y/z").st_mode & 07777) == 0750);
  CHECK_THROWS_AS(sys::make_dirs(tree.at("file/below"), 0755), Error);
}

TEST_CASE("find answers absence with nothing, and other failures with an error") {
  TempTree tree;
  tree.file("file");
  tree.symlink("loop", "loop");
  for (const char* name : {"gone", "gone/x", "file/x"}) {
    CAPTURE(name);
    CHECK(!sys::find_path(tree.at(name), O_RDONLY));
    CHECK(!sys::find_at(tree.fd(), name, O_RDONLY));
    CHECK(!sys::find_stat_at(tree.fd(), name));
    CHECK(!sys::find_file(tree.at(name)));
    CHECK(!sys::exists(tree.at(name)));
    CHECK_THROWS_AS(sys::open_path(tree.at(name), O_RDONLY), Error);
  }
  CHECK_THROWS_AS(sys::find_path(tree.at("loop"), O_RDONLY), Error);
}

TEST_CASE("a file is read up to its limit and refused beyond it") {
  TempTree tree;
  tree.file("f", "12345");
  CHECK(sys::read_file(tree.at("f"), 5) == "12345");
  try {
    sys::read_file(tree.at("f"), 4);
    FAIL("read");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kLimit);
  }
}

TEST_CASE("a file that is read keeps its atime; no link is followed, and no writer awaited") {
  TempTree tree;
  tree.file("file", "text");
  tree.mtime("file", 1000);
  CHECK(sys::read_all(sys::open_file_at(tree.fd(), "file")) == "text");
  CHECK(tree.stat("file").st_atim.tv_sec == 1000);
  tree.symlink("link", "file");
  CHECK_THROWS_AS(sys::open_file_at(tree.fd(), "link"), Error);
  tree.node("fifo", S_IFIFO | 0600);
  CHECK(sys::open_file_at(tree.fd(), "fifo"));
}

TEST_CASE("a link's text is read whole, however long") {
  TempTree tree;
  std::string target(4000, 't');
  tree.symlink("long", target);
  CHECK(sys::read_link_at(tree.fd(), "long") == target);
}

TEST_CASE("a descriptor that is moved from is empty, one that is reset is closed") {
  sys::Fd first = sys::make_memfd("x");
  int raw = first.get();
  sys::Fd second = std::move(first);
  CHECK(!first);
  CHECK(second.get() == raw);
  second.reset();
  CHECK(::fcntl(raw, F_GETFD) < 0);
}

TEST_CASE("a path descriptor opens anew for reading, and the two do not share an offset") {
  TempTree tree;
  tree.file("f", "text");
  sys::Fd path = sys::open_path(tree.at("f"), O_PATH);
  sys::Fd first = sys::reopen(path, O_RDONLY);
  CHECK(sys::read_all(first) == "text");
  CHECK(sys::read_all(sys::reopen(first, O_RDONLY)) == "text");
  CHECK(sys::read_all(sys::duplicate(first)).empty());
}
