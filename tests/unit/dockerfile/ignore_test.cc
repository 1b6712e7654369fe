// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/ignore.h"

#include "base/time.h"
#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

namespace {

bool excluded(std::string patterns, std::string_view path) {
  return matcher(std::move(patterns)).match(path).excluded;
}

struct IgnoreCase {
  const char* pattern;
  const char* path;
  bool excluded;
};

}  // namespace

// I01 ⚠29
TEST_CASE("patterns are anchored at the root, and directories cover what is below them") {
  for (const IgnoreCase& c :
       std::initializer_list<IgnoreCase>{{"*.o", "a.o", true},
                                         {"*.o", "d/a.o", false},
                                         {"d", "d/a/b", true},
                                         {"/d/", "d", true},
                                         {"./x/../d", "d/a", true},
                                         {"a/*.txt", "a/b/f.txt", false},
                                         {"a/*", "a/b/c", true},
                                         {".*", ".foo", true},
                                         {".*", "foo", false},
                                         {"abc.def", "abcZdef", false},
                                         {"abc?def", "abcZdef", true},
                                         {"abc?def", "abc/def", false},
                                         {"a\\*b", "a*b", true},
                                         {"a[b-d]e", "ace", true},
                                         {"a[^b-d]e", "aze", true},
                                         {"a[^b-d]e", "ace", false},
                                         {"a.|)$(}+{bc", "a.|)$(}+{bc", true},
                                         {"dist/*.whl", "dist/x-2.4+g0-py3.whl", true}}) {
    CHECK_MESSAGE(excluded(c.pattern, c.path) == c.excluded, c.pattern, " ", c.path);
  }
}

// I01 ⚠29
TEST_CASE("two stars are any depth, none included") {
  for (const IgnoreCase& c :
       std::initializer_list<IgnoreCase>{{"**", "dir/file", true},
                                         {"**/", "file", true},
                                         {"**/**", "dir/file", true},
                                         {"dir/**", "dir/d2/file", true},
                                         {"abc/**", "abc", false},
                                         {"abc/**", "abcd/x", false},
                                         {"**/dir2/*", "dir/dir2/file", true},
                                         {"**/dir2/**", "dir/dir2/d/f", true},
                                         {"**/dir2/**", "x2/f", false},
                                         {"**file", "dir/file", true},
                                         {"**file", "xfile", true},
                                         {"**/file", "dir/dir/file", true},
                                         {"**/file", "xfile", false},
                                         {"**/file*", "xfile1", false},
                                         {"**/file*.txt", "d/d/file1.txt", true},
                                         {"**/**/*.txt", "f.txt", true},
                                         {"**/**/*.txt2", "d/f.txt", false},
                                         {"a**/*.txt", "a/d/d/f.txt", true},
                                         {"a**/*.txt", "ab/f.txt", true},
                                         {"a/*.txt**", "a/f.txt", true},
                                         {"**/.foo", "bar.foo", false},
                                         {"a/**/b", "a/b", true},
                                         {"a/**/b", "a/x/y/b/c", true},
                                         {"a/**/b", "a/xb", false}}) {
    CHECK_MESSAGE(excluded(c.pattern, c.path) == c.excluded, c.pattern, " ", c.path);
  }
}

// I01 ⚠29
TEST_CASE("the last line that matches wins, below an excluded directory too") {
  CHECK(!excluded("docs\n!docs/README.md", "docs/README.md"));
  CHECK(excluded("docs\n!docs/README.md", "docs/other"));
  CHECK(excluded("!x.go\n*.go", "x.go"));
  CHECK(!excluded("**\n!util/docker/web", "util/docker/web/foo"));
  CHECK(excluded("**\n!util/docker/web\nutil/docker/web/foo", "util/docker/web/foo"));
  CHECK(excluded("a\n!a/b\na/b/c", "a/b/c/d"));
}

TEST_CASE("the line that decided is known") {
  IgnoreMatcher m = matcher("# comment\n\n*.log\nbuild\n!build/keep\n");
  CHECK(m.match("x.log") == IgnoreDecision{.excluded = true, .line = 3});
  CHECK(m.match("build/o") == IgnoreDecision{.excluded = true, .line = 4});
  CHECK(m.match("build/keep/x") == IgnoreDecision{.excluded = false, .line = 5});
  CHECK(m.match("src") == IgnoreDecision{});
}

// I02
TEST_CASE("comments stand in the first column, spaces and a byte order mark fall away") {
  CHECK(excluded("\xef\xbb\xbf  a \r\n", "a"));
  CHECK(excluded(" #a\n", "#a"));
  CHECK(!excluded("#a\n", "#a"));
  CHECK(!excluded("b\n! b\n", "b"));
  CHECK(matcher("\n  \n# x\n").empty());
}

// I02
TEST_CASE("a lone exclamation mark and broken brackets are errors at their line") {
  for (const char* text : {"a\n!\n", "a\n! \n", "a\n!/\n", "a\n! //\n", "a\n[\n", "a\n[]a]\n",
                           "a\nx[\n", "a\n\\\n", "a\n[a-\n"}) {
    try {
      matcher(text);
      FAIL_CHECK("accepted " << text);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kDockerfile);
      CHECK(location(error.span().value()) == ".dockerignore:2");
    }
  }
}

TEST_CASE("a walker carries the state of directories down and skips what cannot come back") {
  IgnoreMatcher m = matcher("node_modules\nvendor\n!vendor/keep/**\ntmp\n!*/x*y\n");
  IgnoreMatcher::State vendor;
  IgnoreDecision decision = m.match("vendor", {}, vendor);
  CHECK(decision.excluded);
  CHECK(m.may_include_below("vendor", decision));
  IgnoreMatcher::State keep;
  CHECK(m.match("vendor/keep", vendor, keep).excluded);
  IgnoreMatcher::State file;
  CHECK(!m.match("vendor/keep/f", keep, file).excluded);
  IgnoreMatcher::State other;
  IgnoreDecision below = m.match("vendor/other", vendor, other);
  CHECK(below.excluded);
  CHECK(!m.may_include_below("vendor/other/deep", below));
  CHECK(m.may_include_below("tmp", m.match("tmp")));
  CHECK(!matcher("a\nb\n").may_include_below("a", {.excluded = true, .line = 1}));
  CHECK(!matcher("!a/b\na\n").may_include_below("a", {.excluded = true, .line = 2}));
}

TEST_CASE("a path asked at once and one walked to get the same answer") {
  IgnoreMatcher rules = matcher("**/b*\n!a/*/keep\nä?/[c-d]\n*/x/**\n!**/x/y\n");
  for (std::string path :
       {"a/b/keep", "a/b/other", "äö/c/f", "a/x/y/z", "x/y", "bb", "a/c/keep/b"}) {
    IgnoreMatcher::State parent, own;
    IgnoreDecision walked;
    for (std::size_t end = 0; end != std::string::npos; parent.swap(own)) {
      end = path.find('/', end == 0 ? 0 : end + 1);
      walked = rules.match(path.substr(0, end), parent, own);
    }
    CAPTURE(path);
    CHECK(rules.match(path) == walked);
  }
}

TEST_CASE("no pattern takes long, however many stars it has") {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "**/a*";
  std::string path;
  for (int i = 0; i < 500; ++i) path += "aaaa/";
  double start = monotonic_seconds();
  CHECK(!excluded(pattern + "b", path + "c"));
  std::string deep;
  for (int i = 0; i < 300'000; ++i) deep += "***/";
  CHECK(!excluded(deep + "x", "x"));
  CHECK(monotonic_seconds() - start < 10);
}
