// SPDX-License-Identifier: Apache-2.0
//
// Ignore files as people write them (trap 29): whole files against whole trees.
#include "dockerfile/ignore.h"

#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

namespace {

// What is left of some paths.
Lines kept(std::string text, const Lines& paths) {
  IgnoreMatcher ignore = matcher(std::move(text));
  Lines out;
  for (const std::string& path : paths) {
    if (!ignore.match(path).excluded) out.push_back(path);
  }
  return out;
}

}  // namespace

TEST_CASE("an allow list takes everything away and some of it back") {
  CHECK(kept("*\n!src\n!go.mod\n", {"src", "src/a.go", "src/d/b.go", "go.mod", "go.sum",
                                    "x/src"}) == Lines{"src", "src/a.go", "src/d/b.go", "go.mod"});
  CHECK(kept("**\n!**/*.go\n", {"a.go", "d/b.go", "d/e/f.go", "d/x.c"}) ==
        Lines{"a.go", "d/b.go", "d/e/f.go"});
}

TEST_CASE("unlike in git, a name without a slash is meant at the top only") {
  CHECK(kept("node_modules\n*.log\n", {"node_modules/x", "a/node_modules", "b.log", "a/b.log"}) ==
        Lines{"a/node_modules", "a/b.log"});
  CHECK(kept("**/node_modules\n**/*.log\n", {"a/node_modules", "b.log", "a/b.log", "a/c"}) ==
        Lines{"a/c"});
}

TEST_CASE("slashes at the front and at the end, dots and doubled slashes say nothing") {
  for (const char* line : {"dir", "/dir", "dir/", "./dir", "/./dir/", "dir//", "x/../dir"}) {
    CHECK_MESSAGE(kept(line, {"dir", "dir/f"}) == Lines{}, line);
  }
  CHECK(kept("a//b", {"a/b", "a/c"}) == Lines{"a/c"});
}

TEST_CASE("an exclusion again below what was taken back wins in its turn") {
  CHECK(kept("a\n!a/b\na/b/c\n!a/b/c/d\n", {"a/x", "a/b/x", "a/b/c/x", "a/b/c/d/x"}) ==
        Lines{"a/b/x", "a/b/c/d/x"});
}

TEST_CASE("an exception before the line it excepts from has no effect") {
  CHECK(kept("!a/keep\na\n", {"a/keep", "a/b"}).empty());
  CHECK(kept("!x\n", {"x", "y"}) == Lines{"x", "y"});
}

TEST_CASE("characters of regular expressions are text") {
  for (const char* name : {"a.b", "a+b", "(a)", "a|b", "a{2}", "^a", "a$", "#a"}) {
    std::string path = std::string("d/") + name;
    CHECK_MESSAGE(kept(path, {path, "d/axb", "d/aab", "d/a"}).size() == 3, name);
  }
}

TEST_CASE("a hash not in the first column is part of a name") {
  CHECK(kept("a#b\n # c\n", {"a#b", "# c", "a"}) == Lines{"a"});
  CHECK(kept("a # b\n", {"a", "a # b"}) == Lines{"a"});
}

TEST_CASE("letter case counts, and so does every character of a name in any script") {
  CHECK(kept("README\n", {"README", "readme"}) == Lines{"readme"});
  CHECK(kept("caf?\n", {"caf\xc3\xa9", "cafe", "cafes"}) == Lines{"cafes"});
  CHECK(kept("[\xc3\xa0-\xc3\xbf]\n", {"\xc3\xa9", "e"}) == Lines{"e"});
}

TEST_CASE("dot files are matched like any other") {
  CHECK(kept("*\n", {".env", "a"}).empty());
  CHECK(kept("**/.git\n", {".git/HEAD", "a/.git/HEAD", ".gitignore"}) == Lines{".gitignore"});
}

TEST_CASE("a directory that is left out is skipped only when nothing below can come back") {
  struct Case {
    const char* text;
    const char* directory;
    bool may;
  };
  for (const Case& c : std::initializer_list<Case>{{"a\n!a/b/c\n", "a", true},
                                                   {"a\n!a/b/c\n", "a/b", true},
                                                   {"a\n!a/b/c\n", "a/x", false},
                                                   {"a\n!b\n", "a", false},
                                                   {"a\n!**/x\n", "a/deep/er", true},
                                                   {"a\n!a/*.c\n", "a", true},
                                                   {"a\n!a/*.c\n", "a/b", false},
                                                   {"*\n!a*/b\n", "abc", true},
                                                   {"*\n!a*/b\n", "xbc", false}}) {
    IgnoreMatcher ignore = matcher(c.text);
    IgnoreDecision decision = ignore.match(c.directory);
    REQUIRE_MESSAGE(decision.excluded, c.text);
    bool may = ignore.may_include_below(c.directory, decision);
    CHECK_MESSAGE(may == c.may, c.text, " ", c.directory);
  }
}

TEST_CASE("a matcher knows its file and whether it takes anything back") {
  CHECK(matcher("a\n").file_name() == ".dockerignore");
  CHECK(!matcher("a\n#!b\n").has_exceptions());
  CHECK(matcher("a\n!b\n").has_exceptions());
  CHECK(!IgnoreMatcher().match("a").excluded);
  CHECK(IgnoreMatcher().empty());
}

TEST_CASE("a pattern that cannot be read is named with its line") {
  try {
    matcher("a\n\n  b[z-\n");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.message() == "syntax error in pattern \"b[z-\"");
    CHECK(error.span()->first_line == 3);
  }
  CHECK_THROWS_WITH_AS(matcher("!"), "illegal exclusion pattern: \"!\"", Error);
}
