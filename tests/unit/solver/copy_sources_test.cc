// SPDX-License-Identifier: Apache-2.0
#include "solver/copy/copy_sources.h"

#include <doctest/doctest.h>

#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::solver;
using cairn::test::TempTree;

namespace {

using Paths = std::vector<std::string>;

struct Context {
  Context() {
    tree.file("main.go");
    tree.file("go.mod");
    tree.file(".hidden");
    tree.file("src/a.c");
    tree.file("src/b.c");
    tree.file("src/deep/c.c");
    tree.symlink("latest", "src");
  }
  Paths select(const std::string& pattern) const { return select_paths({root}, pattern); }
  std::string explain(const std::string& path) const { return explain_missing({root}, path); }

  TempTree tree;
  sys::RootDir root = sys::RootDir::open(tree.root());
};

// Excludes one path with all below it.
struct Exclude final : PathFilter {
  explicit Exclude(std::string path) : excluded(std::move(path)) {}
  std::string excluded;
  Verdict judge(const std::string& path, bool) const override {
    bool hit = path == excluded || path.starts_with(excluded + "/");
    return hit ? Verdict::kExcluded : Verdict::kIncluded;
  }
  std::string explain(const std::string& path) const override {
    return judge(path, false) == Verdict::kExcluded ? ".dockerignore:7 \"" + excluded + "\"" : "";
  }
};

}  // namespace

// C01 ⚠27
TEST_CASE("a plain path is itself, cleaned and kept inside the context") {
  Context c;
  CHECK(c.select("main.go") == Paths{"/main.go"});
  CHECK(c.select("./src/../main.go") == Paths{"/main.go"});
  CHECK(c.select("../../main.go") == Paths{"/main.go"});
  CHECK(c.select("latest/a.c") == Paths{"/latest/a.c"});
  CHECK(c.select("nothing").empty());
}

// C06 ⚠20
TEST_CASE("wildcards match dot files, stop at slashes and come sorted") {
  Context c;
  CHECK(c.select("*") == Paths{"/.hidden", "/go.mod", "/latest", "/main.go", "/src"});
  CHECK(c.select("*.c").empty());
  CHECK(c.select("src/*.c") == Paths{"/src/a.c", "/src/b.c"});
  CHECK(c.select("s*/[ab].c") == Paths{"/src/a.c", "/src/b.c"});
  CHECK(c.select("latest/?.c") == Paths{"/latest/a.c", "/latest/b.c"});
}

// I05
TEST_CASE("what the ignore file excludes is not there") {
  Context c;
  Exclude filter("src/a.c");
  CHECK(select_paths({c.root, &filter}, "src/a.c").empty());
  CHECK(select_paths({c.root, &filter}, "src/*.c") == Paths{"/src/b.c"});
}

// E09
TEST_CASE("a missing path is explained by the rule, the letter case or the nearest name") {
  Context c;
  Exclude filter("src");
  CHECK(explain_missing({c.root, &filter}, "src/a.c") ==
        "it is excluded by .dockerignore:7 \"src\"");
  CHECK(c.explain("Main.go") == "there is /main.go: the letter case differs");
  CHECK(c.explain("src/a.cc") == "did you mean /src/a.c?");
  CHECK(c.explain("src/unlike") == "/src is there, and has no unlike");
  CHECK(c.explain("../x") == "paths cannot leave the build context, so this means /x");
  CHECK(c.explain("completely-different").empty());
}

TEST_CASE("the hint to a pattern that is never closed names a spelling that works") {
  Context c;
  c.tree.file("arr[0.txt");
  CHECK(explain_malformed(false).find("[[]") != std::string::npos);
  CHECK(c.select("arr[[]0.txt") == Paths{"/arr[0.txt"});
  CHECK(explain_malformed(true).find("JSON") != std::string::npos);
}

TEST_CASE("a link that leads nowhere is explained by where it leads") {
  Context c;
  const std::string rest = ", and nothing is there: links are followed inside the same tree";
  c.tree.symlink("dangling", "gone");
  c.tree.symlink("outside", "/dev/zero");
  c.tree.symlink("loop", "loop");
  CHECK(c.explain("dangling") == "/dangling is a symbolic link to gone" + rest);
  CHECK(c.explain("outside/x") == "/outside is a symbolic link to /dev/zero" + rest);
  CHECK(c.explain("loop") == "/loop is a symbolic link to loop" + rest);
  CHECK(c.explain("loop/x") == "/loop is a symbolic link to loop" + rest);
  Exclude filter("src");
  CHECK(explain_missing({c.root, &filter}, "latest") ==
        "it leads to /src, which is excluded by .dockerignore:7 \"src\"");
}

TEST_CASE("a link that leads round in circles is not there") {
  Context c;
  c.tree.symlink("loop", "loop");
  for (const char* path : {"loop", "loop/x", "loop/*", "lo*", "lo*/x"}) {
    CHECK_MESSAGE(c.select(path).empty(), path);
  }
}
