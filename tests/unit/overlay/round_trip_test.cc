// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <random>

#include "base/sys/ids.h"
#include "overlay/diff.h"
#include "overlay/layer_writer.h"
#include "overlay/unpack.h"
#include "support/string_sink.h"
#include "support/temp_tree.h"

using namespace cairn;
using namespace cairn::overlay;
using test::StringSink;
using test::TempTree;

namespace {

std::string layer_of(const std::string& upper, const LayerStack& below = {},
                     const LayerOptions& options = {}) {
  StringSink sink;
  write_layer({{upper}}, below, options, sink);
  return std::move(sink.text);
}

UnpackResult unpack(const std::string& tar, const std::string& dir) {
  MemorySource source(tar);
  return unpack_layer(source, dir);
}

bool may_chown(const TempTree& tree, uid_t uid) {
  return ::fchownat(tree.fd().get(), "probe", uid, uid, 0) == 0;
}

// A tree with a bit of everything, the same for the same seed.
void grow(TempTree& tree, unsigned seed) {
  std::mt19937 random(seed);
  auto roll = [&](unsigned sides) { return static_cast<unsigned>(random() % sides); };
  tree.file("probe", "x");
  tree.mtime("probe", 1000);
  bool all_ids = may_chown(tree, 3'000'000);
  std::vector<std::string> dirs{""}, files{"probe"};
  for (int i = 0; i < 60; ++i) {
    std::string path = dirs[roll(static_cast<unsigned>(dirs.size()))] +
                       std::string(1 + roll(12), static_cast<char>('a' + roll(26))) +
                       std::to_string(i) + (roll(8) == 0 ? std::string(120, 'n') : "") +
                       (roll(8) == 0 ? "\xc3\xa9" : "");
    switch (roll(6)) {
      case 0:
        tree.dir(path, roll(2) == 0 ? 01777 : 0750);
        dirs.push_back(path + "/");
        break;
      case 1: tree.symlink(path, std::string(1 + roll(200), 't')); break;
      case 2: tree.hard_link(path, files[roll(static_cast<unsigned>(files.size()))]); break;
      case 3: tree.node(path, S_IFIFO | 0640); break;
      default:
        tree.file(path, std::string(roll(3000), static_cast<char>(roll(256))), 0644);
        if (all_ids)
          sys::chown_at(tree.fd(), path.c_str(), {.uid = roll(2) * 3'000'000, .gid = roll(70'000)});
        if (roll(3) == 0) tree.xattr(path, "user.note", std::string("a\0b", 3));
        sys::chmod_at(tree.fd(), path.c_str(), roll(2) == 0 ? 04755 : 0640);
        files.push_back(path);
    }
    tree.mtime(path, static_cast<time_t>(random()), 0);
  }
  for (const std::string& dir : dirs) {
    if (!dir.empty()) tree.mtime(dir, static_cast<time_t>(random()), 0);
  }
}

}  // namespace

TEST_CASE("what a layer says of a tree, unpacked, is that tree") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    TempTree tree, copy;
    grow(tree, seed);
    std::string tar = layer_of(tree.root());
    UnpackResult result = unpack(tar, copy.root());
    CHECK(result.warnings == std::vector<std::string>{});
    CHECK(result.implied_dirs.list() == std::vector<std::string>{"."});
    CHECK(diff({{copy.root()}}, {}) == diff({{tree.root()}}, {}));
    CHECK(layer_of(copy.root()) == tar);
    CHECK(copy.text("probe") == "x");
  }
}

TEST_CASE("a layer of many files and of large ones is written in order, by however many threads") {
  TempTree tree, copy;
  for (int i = 0; i < 300; ++i) {
    std::string path = std::to_string(i % 20) + "/" + std::to_string(i);
    bool is_large = i % 50 == 0;
    tree.file(path, std::string(is_large ? 700'000 + i : i * 20, static_cast<char>(i)));
    if (i % 7 == 0) tree.xattr(path, "user.note", std::to_string(i));
    if (i % 11 == 1) tree.hard_link(path + ".again", path);
    tree.mtime(path, 1000 + i);
  }
  for (int i = 0; i < 20; ++i) tree.mtime(std::to_string(i), 5000 + i);
  std::string tar = layer_of(tree.root());
  CHECK(unpack(tar, copy.root()).warnings.empty());
  CHECK(diff({{copy.root()}}, {}) == diff({{tree.root()}}, {}));
  for (const char* path : {"0/0", "10/50", "19/299", "12/12.again"}) {
    CHECK(copy.text(path) == tree.text(path));
  }
  for (int again = 0; again < 5; ++again) CHECK(layer_of(copy.root()) == tar);
}

TEST_CASE("a large file with holes is sparse in its layer, by what it holds, and comes back so") {
  constexpr off_t kSize = (off_t{8} << 30) + 1;
  TempTree tree, copy;
  auto write = [&](off_t at, const std::string& text) {
    sys::Fd file = sys::open_at(tree.fd(), "d/f", O_WRONLY);
    REQUIRE(::pwrite(file.get(), text.data(), text.size(), at) ==
            static_cast<ssize_t>(text.size()));
  };
  tree.file("d/f");
  REQUIRE(::truncate(tree.at("d/f").c_str(), kSize) == 0);
  write((off_t{2} << 30) - 2, "data");
  write(kSize - 1, "!");
  for (const char* path : {"d/f", "d"}) tree.mtime(path, 1000);
  std::string tar = layer_of(tree.root());
  CHECK(tar.size() < (4 << 20));
  CHECK(unpack(tar, copy.root()).warnings.empty());
  struct stat st = copy.stat("d/f");
  CHECK(st.st_size == kSize);
  CHECK(st.st_blocks * 512 < (8 << 20));
  sys::Fd back = sys::open_path(copy.at("d/f"), O_RDONLY);
  char text[6] = {};
  CHECK(::pread(back.get(), text, 6, (off_t{2} << 30) - 3) == 6);
  CHECK(std::string(text, 6) == std::string("\0data\0", 6));
  CHECK(::pread(back.get(), text, 6, kSize - 1) == 1);
  CHECK(text[0] == '!');
  CHECK(layer_of(copy.root()) == tar);
  // Zeros that are written are the zeros of a hole.
  write(off_t{1} << 30, std::string(2 << 20, '\0'));
  tree.mtime("d/f", 1000);
  CHECK(layer_of(tree.root()) == tar);
}

TEST_CASE("a name that would be a whiteout is in no layer, and in a tree it is a name") {
  for (const char* path : {".wh.x", "d/.wh.x", ".wh.d/f", "d/.wh..wh..opq"}) {
    CAPTURE(path);
    TempTree tree;
    tree.file(path);
    CHECK_THROWS_AS(layer_of(tree.root()), Error);
    class Nowhere final : public ByteSink {
      void write(std::span<const std::byte>) override {}
    } nowhere;
    CHECK_NOTHROW(write_tree(tree.fd(), {}, nowhere));
  }
}

TEST_CASE("a layer that nobody can take ends with the reason") {
  class FullSink final : public ByteSink {
    void write(std::span<const std::byte>) override { throw Error(ErrorKind::kHost, "disk full"); }
  } full;
  TempTree tree;
  for (int i = 0; i < 300; ++i) tree.file(std::to_string(i), std::string(5000, 'x'));
  ErrorContext while_here([] { return std::string("writing a layer"); });
  try {
    write_layer({{tree.root()}}, {}, {}, full);
    FAIL("the sink is full");
  } catch (const Error& error) {
    CHECK(error.message() == "disk full");
    CHECK(error.context() == std::vector<std::string>{"writing a layer"});
  }
}

TEST_CASE("deletions survive the way through a tar") {
  TempTree lower, upper, copy;
  lower.file("etc/motd", "hello");
  lower.file("opt/old/file", "hello");
  upper.whiteout("etc/motd");
  upper.file("opt/new", "x");
  upper.opaque("opt");
  for (const char* path : {"opt/new", "opt", "etc"}) upper.mtime(path, 1000);
  LayerStack below{.lowers = {lower.root()}};
  std::string tar = layer_of(upper.root(), below);
  CHECK(tar.find("etc/.wh.motd") != std::string::npos);
  unpack(tar, copy.root());
  CHECK(diff({{copy.root()}}, below) == diff({{upper.root()}}, below));
  CHECK(S_ISCHR(copy.stat("etc/motd").st_mode));
}

TEST_CASE("the clamp touches later times only") {
  TempTree tree, copy;
  tree.file("old");
  tree.mtime("old", 1000, 999);
  tree.file("young");
  tree.mtime("young", 3000);
  unpack(layer_of(tree.root(), {}, {.clamp_mtime = Clamp::at(2000)}), copy.root());
  CHECK(copy.stat("old").st_mtim.tv_sec == 1000);
  CHECK(copy.stat("old").st_mtim.tv_nsec == 0);
  CHECK(copy.stat("young").st_mtim.tv_sec == 2000);
}

TEST_CASE("times before 1970 and after 2242 survive") {
  TempTree tree, copy;
  tree.file("before");
  tree.mtime("before", -5);
  tree.file("after");
  tree.mtime("after", 9'000'000'000);
  unpack(layer_of(tree.root()), copy.root());
  CHECK(copy.stat("before").st_mtim.tv_sec == -5);
  CHECK(copy.stat("after").st_mtim.tv_sec == 9'000'000'000);
}

TEST_CASE("names of 255 bytes in directories deeper than a path may be long survive") {
  TempTree tree, copy;
  {
    sys::Fd at = sys::open_path(tree.root(), O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 200; ++i) {
      std::string name(i % 10 == 0 ? 255 : 20, static_cast<char>('a' + i % 26));
      sys::make_dir_at(at, name.c_str(), 0755);
      at = sys::open_at(at, name.c_str(), O_RDONLY | O_DIRECTORY);
    }
    sys::write_all(sys::open_at(at, "end", O_WRONLY | O_CREAT, 0644), "found");
  }
  Changes changes = diff({{tree.root()}}, {});
  REQUIRE(changes.size() == 201);
  CHECK(changes.back().path.size() > 4096);
  std::string tar = layer_of(tree.root());
  unpack(tar, copy.root());
  CHECK(layer_of(copy.root()) == tar);
}

TEST_CASE("a file capability is recorded in its portable form") {
  // VFS_CAP_REVISION_2, effective, CAP_NET_RAW permitted.
  std::string version2("\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  TempTree tree, copy;
  tree.file("ping", "x", 0755);
  sys::Fd file = sys::open_at(tree.fd(), "ping", O_RDONLY);
  if (!sys::try_set_xattr(file, "security.capability", version2)) {
    MESSAGE("skipped: file capabilities cannot be set here");
    return;
  }
  tree.mtime("ping", 1000);
  Changes changes = diff({{tree.root()}}, {});
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].xattrs == sys::Xattrs{{"security.capability", version2}});
  unpack(layer_of(tree.root()), copy.root());
  CHECK(diff({{copy.root()}}, {}) == changes);
}

TEST_CASE("a whole tree is written without a root entry") {
  TempTree tree;
  tree.file("a/b", "text");
  StringSink sink;
  write_tree(tree.fd(), {}, sink);
  CHECK(sink.text == layer_of(tree.root()));
  CHECK(sink.text.starts_with("a/"));
  CHECK(sink.text.size() == 5 * 512);
}

TEST_CASE("trees side by side come back below their directories, hard links and all") {
  TempTree one, two, back;
  one.file("dir/file", "one");
  one.hard_link("dir/other", "dir/file");
  two.file("dir/file", "two");
  StringSink sink;
  const std::vector<NamedTree> trees = {{.directory = "a", .root = one.fd()},
                                        {.directory = "b", .root = two.fd()}};
  write_trees(trees, {}, sink);
  unpack(sink.text, back.root());
  CHECK(sys::find_file(back.at("a/dir/other")) == "one");
  CHECK(sys::find_file(back.at("b/dir/file")) == "two");
  CHECK(!sys::exists(back.at("b/dir/other")));
}
