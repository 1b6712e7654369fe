// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "cache/content_digest.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::cache;
using cairn::test::TempTree;

namespace {

// A tree whose index is looked into at times of the test's choice: seconds from now.
struct Scans {
  Scans() {
    tree.file("d/a", "alpha");
    tree.file("d/sub/b", "beta");
    tree.dir("d/empty");
  }
  IndexedContent scan(std::int64_t later = 10, const PathFilter* filter = nullptr) {
    Timestamp time = now();
    time.seconds += later;
    return indexed_content(sys::RootDir::open(tree.root()), "/d",
                           {.filter = filter, .ignore_owner = true, .stop = {}},
                           {.file = index(), .tmp_dir = [&] { return store.root(); }, .now = time});
  }
  Digest plain() const {
    return content_digest(sys::RootDir::open(tree.root()), "/d",
                          {.filter = nullptr, .ignore_owner = true, .stop = {}});
  }
  std::string index() const { return store.at("index"); }
  std::string bytes() const { return store.text("index"); }
  ino_t inode() const { return store.stat("index").st_ino; }
  void damage(std::size_t at) {
    std::string text = bytes();
    text[at] = static_cast<char>(text[at] ^ 1);
    store.file("index", text);
  }
  // Writes an entry that says something else of d/a, so that a digest tells where it came from.
  void lie() {
    struct stat st = tree.stat("d/a");
    StatIndexWriter writer([&] { return store.root(); }, later_by(10), nullptr);
    writer.add("", {{"a", FileStamp::of(st), Digest::of("a lie")}});
    writer.finish(index());
  }
  static Timestamp later_by(std::int64_t seconds) {
    Timestamp time = now();
    time.seconds += seconds;
    return time;
  }

  TempTree tree;
  TempTree store;
};

}  // namespace

TEST_CASE("a tree read through its index has the digest it has without one") {
  Scans s;
  CHECK(s.scan().digest == s.plain());
  CHECK(s.scan().digest == s.plain());
  s.tree.file("d/sub/b", "gamma");
  CHECK(s.scan().digest == s.plain());
  s.tree.file("d/new/c", "more");
  CHECK(s.scan().digest == s.plain());
  sys::unlink_at(s.tree.fd(), "d/a");
  CHECK(s.scan().digest == s.plain());
}

TEST_CASE("an unchanged file is not read, and an unchanged tree leaves its index alone") {
  Scans s;
  s.lie();
  CHECK(s.scan(20).digest != s.plain());
  ino_t before = s.inode();
  s.scan(30);
  CHECK(s.inode() == before);
}

// K06
TEST_CASE("touch is a hit with the right digest, chmod a miss") {
  Scans s;
  Digest before = s.scan().digest;
  s.tree.mtime("d/a", 1000);
  CHECK(s.scan(20).digest == before);
  s.tree.file("d/a", "alpha", 0755);
  CHECK(s.scan(30).digest == s.plain());
  CHECK(s.plain() != before);
}

TEST_CASE("another content of the same size and mtime is seen by its ctime") {
  Scans s;
  s.tree.mtime("d/a", 1000);
  Digest before = s.scan().digest;
  ::usleep(20'000);  // more than a step of the clock that stamps files
  s.tree.file("d/a", "alphA");
  s.tree.mtime("d/a", 1000);
  CHECK(s.scan(20).digest != before);
  CHECK(s.scan(30).digest == s.plain());
}

TEST_CASE("an entry as young as the scan that read it is not believed") {
  Scans s;
  s.lie();
  StatIndexWriter writer([&] { return s.store.root(); }, now(), nullptr);
  writer.add("", {{"a", FileStamp::of(s.tree.stat("d/a")), Digest::of("a lie")}});
  writer.finish(s.index());
  CHECK(s.scan().digest == s.plain());
}

TEST_CASE("who reads a file anyway gets the digest that it has in a tree") {
  Scans s;
  s.scan();
  IndexedFile known = *StatIndex::find(s.index(), Scans::later_by(20))->directory("").find("a");
  sys::Fd file = sys::open_at(s.tree.fd(), "d/a", O_RDONLY);
  FileDigester digester(file, sys::stat_of(file), sys::list_xattrs(file));
  digester.write(as_bytes("al"));
  digester.write(as_bytes("pha"));
  CHECK(digester.finish() == known.digest);
}

TEST_CASE("holes of large files count as holes, wherever the filesystem has them") {
  constexpr off_t kSize = off_t{9} << 30;
  test::TempTree tree;
  auto make = [&](const char* name, bool writes_zeros) {
    tree.file(name);
    sys::Fd file = sys::open_at(tree.fd(), name, O_RDWR);
    REQUIRE(::ftruncate(file.get(), kSize + 5) == 0);
    REQUIRE(::pwrite(file.get(), "data", 4, (off_t{5} << 30) + 123) == 4);
    if (writes_zeros) {
      std::string zeros(3 << 20, '\0');
      REQUIRE(::pwrite(file.get(), zeros.data(), zeros.size(), (off_t{1} << 30) - 77) > 0);
    }
    return file;
  };
  ContentOptions options{.ignore_owner = true};
  sys::RootDir root = sys::RootDir::open(tree.root());
  sys::Fd holes = make("holes", false), zeros = make("zeros", true);
  Digest digest = content_digest(root, "holes", options);
  CHECK(digest == content_digest(root, "zeros", options));
  REQUIRE(::pwrite(zeros.get(), "x", 1, kSize) == 1);
  CHECK(digest != content_digest(root, "zeros", options));
}

TEST_CASE("two indexes are compared file by file") {
  Scans s;
  FileStamp stamp{.inode = 1};
  auto index = [&](const char* name, std::vector<std::pair<std::string, IndexedFile>> files) {
    StatIndexWriter writer([&] { return s.store.root(); }, now(), nullptr);
    for (auto& [path, file] : files) writer.add(path, {file});
    return writer.finish(s.store.at(name));
  };
  IndexedFile a{"a", stamp, Digest::of("a")}, b{"b", stamp, Digest::of("b")};
  StatIndex one = index("one", {{"", a}});
  StatIndex both = index("both", {{"", a}, {"d", b}});
  StatIndex other = index("other", {{"", {"a", stamp, Digest::of("other")}}, {"d", b}});
  CHECK(both.beyond(both)->empty());
  CHECK(*both.beyond(one) == std::vector<std::string>{"d/b"});
  CHECK(!one.beyond(both));
  CHECK(!other.beyond(one));
  CHECK(!other.beyond(both));
}

// A clock that went backwards, or a server whose clock is ahead, gives files such times.
TEST_CASE(
    "an entry is believed when both times of its file are well before the scan that read it") {
  Scans s;
  constexpr std::int64_t kScan = 1'000'000;
  StatIndexWriter writer([&] { return s.store.root(); }, {.seconds = kScan, .nanos = 500}, nullptr);
  writer.add("", {});
  StatIndex index = writer.finish(s.index());
  struct Case {
    std::int64_t mtime;
    std::int64_t ctime;
    std::uint32_t nanos;
    bool is_trusted;
  };
  for (const Case& c : std::initializer_list<Case>{{kScan - 10, kScan - 10, 0, true},
                                                   {kScan - 2, kScan - 2, 499, true},
                                                   {kScan - 2, kScan - 2, 500, false},
                                                   {kScan - 10, kScan, 0, false},
                                                   {kScan - 10, kScan + 100, 0, false},
                                                   {kScan + 100, kScan - 10, 0, false},
                                                   {-10, -10, 0, true}}) {
    CAPTURE(c.mtime);
    CAPTURE(c.ctime);
    FileStamp stamp{.mtime = c.mtime, .ctime = c.ctime};
    stamp.mtime_nanos = stamp.ctime_nanos = c.nanos;
    CHECK(index.trusts(stamp) == c.is_trusted);
  }
  CHECK(StatIndex::find(s.index(), {.seconds = kScan + 1}));
  CHECK(!StatIndex::find(s.index(), {.seconds = kScan - 1}));
}

TEST_CASE("nothing is believed that was written in the future") {
  Scans s;
  s.lie();
  CHECK(s.scan(-100).digest == s.plain());
}

TEST_CASE("an index that is truncated, damaged or of another version costs only the reading") {
  Scans s;
  s.lie();
  SUBCASE("truncated") {
    s.store.file("index", s.bytes().substr(0, s.bytes().size() - 5));
  }
  SUBCASE("empty") {
    s.store.file("index", "");
  }
  SUBCASE("another version") {
    s.damage(7);
  }
  SUBCASE("a damaged entry") {
    s.damage(56 + 8);
  }
  SUBCASE("a damaged table") {
    s.damage(s.bytes().size() - 20);
  }
  SUBCASE("no index at all") {
    s.store.file("index", std::string(10'000, 'x'));
  }
  CHECK(s.scan(20).digest == s.plain());
  CHECK(s.scan(30).digest == s.plain());
}

TEST_CASE("an index that ends at another byte than its last is none") {
  Scans s;
  s.scan();
  std::string whole = s.bytes();
  REQUIRE(StatIndex::find(s.index(), Scans::later_by(20)));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    s.store.file("index", whole.substr(0, size));
    CHECK(!StatIndex::find(s.index(), Scans::later_by(20)));
  }
  s.store.file("index", whole + "x");
  CHECK(!StatIndex::find(s.index(), Scans::later_by(20)));
  CHECK(s.scan(20).digest == s.plain());
}

TEST_CASE("every byte of an index may be wrong without harm") {
  Scans s;
  s.scan();
  std::string whole = s.bytes();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    s.damage(at);
    CHECK(s.scan(20).digest == s.plain());
    s.store.file("index", whole);
  }
}

TEST_CASE("what the index has of other files and other rules does no harm") {
  struct NoSub final : PathFilter {
    Verdict judge(const std::string& path, bool) const override {
      return path == "d/sub" ? Verdict::kExcluded : Verdict::kIncluded;
    }
    std::string explain(const std::string&) const override { return ""; }
  } filter;
  Scans s;
  Digest all = s.scan().digest;
  Digest less = s.scan(20, &filter).digest;
  CHECK(less != all);
  CHECK(s.scan(30).digest == all);
}

TEST_CASE("a single file has an index too") {
  TempTree tree, store;
  tree.file("f", "text");
  sys::RootDir root = sys::RootDir::open(tree.root());
  IndexPlace place{.file = store.at("index"),
                   .tmp_dir = [&] { return store.root(); },
                   .now = Scans::later_by(10)};
  ContentOptions options{.filter = nullptr, .ignore_owner = true, .stop = {}};
  Digest first = indexed_content(root, "/f", options, place).digest;
  CHECK(first == content_digest(root, "/f", options));
  IndexedContent again = indexed_content(root, "/f", options, place);
  CHECK(again.digest == first);
  CHECK(again.files->directory("").find("")->digest == first);
}

TEST_CASE("a large tree gives the same digest by many threads, and what is found knows each file") {
  TempTree tree, store;
  for (int i = 0; i < 40; ++i) {
    for (int j = 0; j < 40; ++j) {
      tree.file(fmt::format("d/{}/{}/f", i, j), fmt::format("text {} {}", i, j));
      if (i == 7) tree.file(fmt::format("d/wide/{}", j), std::string(20'000, 'x'));
    }
  }
  sys::RootDir root = sys::RootDir::open(tree.root());
  ContentOptions options{.filter = nullptr, .ignore_owner = true, .stop = {}};
  IndexPlace place{.file = store.at("index"),
                   .tmp_dir = [&] { return store.root(); },
                   .now = Scans::later_by(10)};
  IndexedContent first = indexed_content(root, "/d", options, place);
  for (int i = 0; i < 3; ++i) CHECK(content_digest(root, "/d", options) == first.digest);
  CHECK(first.files->directories() == 1601);
  CHECK(first.files->directory("39/39").find("f")->stamp == FileStamp::of(tree.stat("d/39/39/f")));
  CHECK(!first.files->directory("39/39").find("g"));
  place.now = Scans::later_by(20);
  CHECK(indexed_content(root, "/d", options, place).digest == first.digest);
}
