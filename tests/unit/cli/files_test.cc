// SPDX-License-Identifier: Apache-2.0
//
// What the command line reads and writes besides a build: ignore files, archives.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/ignore_filter.h"
#include "cli/output_file.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::cli;
using cairn::test::TempTree;
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

TEST_CASE("an archive appears whole or not at all") {
  TempTree tree;
  tree.file("a.tar", "old");
  CHECK_THROWS_AS(write_output_file(tree.at("a.tar"),
                                    [](const sys::Fd& out) {
                                      sys::write_all(out, "half");
                                      throw Error(ErrorKind::kHost, "disk full");
                                    }),
                  Error);
  CHECK(tree.text("a.tar") == "old");
  CHECK(sys::list_dir(tree.fd()).size() == 1);
  write_output_file(tree.at("a.tar"), [](const sys::Fd& out) { sys::write_all(out, "whole"); });
  CHECK(tree.text("a.tar") == "whole");
  CHECK((tree.stat("a.tar").st_mode & 07777) == 0644);
  CHECK(sys::list_dir(tree.fd()).size() == 1);
}

TEST_CASE("an archive for a directory that is not there is refused before it is made") {
  bool asked = false;
  CHECK_THROWS_AS(write_output_file("/nowhere/at/all/a.tar", [&](const sys::Fd&) { asked = true; }),
                  Error);
  CHECK(!asked);
}

TEST_CASE("a dash is stdout, which stays open afterwards") {
  sys::Fd file = sys::make_memfd("stdout");
  sys::Fd saved(::dup(STDOUT_FILENO));
  ::dup2(file.get(), STDOUT_FILENO);
  write_output_file("-", [](const sys::Fd& out) { sys::write_all(out, "bytes"); });
  bool open = ::fcntl(STDOUT_FILENO, F_GETFD) >= 0;
  ::dup2(saved.get(), STDOUT_FILENO);
  CHECK(open);
  ::lseek(file.get(), 0, SEEK_SET);
  CHECK(sys::read_all(file) == "bytes");
}
