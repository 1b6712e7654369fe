// SPDX-License-Identifier: Apache-2.0
//
// Ignore files as filters of trees.
#include <doctest/doctest.h>

#include "base/error.h"
#include "source/ignore_filter.h"

using namespace cairn;
using namespace cairn::source;
using Verdict = PathFilter::Verdict;

TEST_CASE("an ignore file judges paths, and walks into what an exception may bring back") {
  auto filter = make_ignore_filter(".dockerignore", "*.log\nbuild\n!build/keep\ntmp/**\n");
  REQUIRE(filter);
  struct Case {
    const char* path;
    bool directory;
    Verdict verdict;
  };
  for (const Case& c :
       {Case{"main.c", false, Verdict::kIncluded}, Case{"a.log", false, Verdict::kExcluded},
        Case{"src/a.log", false, Verdict::kIncluded}, Case{"build", true, Verdict::kPartly},
        Case{"build", false, Verdict::kExcluded}, Case{"build/keep", false, Verdict::kIncluded},
        Case{"build/other", false, Verdict::kExcluded}, Case{"tmp/x", false, Verdict::kExcluded}}) {
    CAPTURE(c.path);
    CHECK(filter->judge(c.path, c.directory) == c.verdict);
  }
}

TEST_CASE("the rule that excludes a path is told with its line, and none for what came back") {
  auto filter = make_ignore_filter("x.ignore", "# comment\n\n*.o\n  a.*  \n!b.o\n");
  REQUIRE(filter);
  CHECK(filter->explain("c.o") == "x.ignore:3 \"*.o\"");
  CHECK(filter->explain("a.c") == "x.ignore:4 \"a.*\"");
  CHECK(filter->explain("b.o").empty());
  CHECK(filter->explain("main.c").empty());
}

TEST_CASE("an ignore file that excludes nothing is no filter") {
  for (const char* text : {"", "\n\n", "# only a comment\n", "  \n#x"}) {
    CAPTURE(text);
    CHECK(make_ignore_filter(".dockerignore", text) == nullptr);
  }
}

TEST_CASE("a pattern that cannot be is refused with its place") {
  try {
    make_ignore_filter(".dockerignore", "good\n[bad\n");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kDockerfile);
    REQUIRE(error.span());
    CHECK(location(*error.span()) == ".dockerignore:2");
  }
}
