// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/error_json.h"

#include <doctest/doctest.h>

using namespace cairn;

TEST_CASE("an error collects the contexts of its thread, innermost first") {
  ErrorContext outer([] { return std::string("building"); });
  ErrorContext inner([] { return std::string("unpacking"); });
  Error error(ErrorKind::kHost, "no space");
  CHECK(error.context() == std::vector<std::string>{"unpacking", "building"});
}

TEST_CASE("a context that has ended leaves no trace") {
  {
    ErrorContext gone([] { return std::string("gone"); });
  }
  CHECK(Error(ErrorKind::kHost, "x").context().empty());
}

TEST_CASE("a failed call names the call, the object and the reason") {
  Error error = Error::from_errno(ENOENT, "open {}", "/nowhere");
  CHECK(error.message() == "open /nowhere: No such file or directory");
  CHECK(error.code() == ENOENT);
}

TEST_CASE("an error survives the way through a pipe") {
  Error sent = Error::from_errno(EPERM, "mount overlay").with_hint("try doctor");
  sent.add_context("setting up the step");
  Error got = parse_error(serialise(sent));
  CHECK(got.message() == sent.message());
  CHECK(got.hint() == "try doctor");
  CHECK(got.code() == EPERM);
  CHECK(got.kind() == ErrorKind::kHost);
  CHECK(got.context() == sent.context());
}

TEST_CASE("an excerpt marks the lines of the span and points at the columns") {
  auto text = std::make_shared<SourceText>(SourceText{"Dockerfile", "FROM a\nCOPPY b c\nRUN d\n"});
  SourceSpan span{
      .source = text, .first_line = 2, .last_line = 2, .first_column = 1, .last_column = 5};
  CHECK(location(span) == "Dockerfile:2");
  CHECK(excerpt(span) ==
        "Dockerfile:2\n--------------------\n"
        "   1 |     FROM a\n"
        "   2 | >>> COPPY b c\n"
        "     |     ^^^^^\n"
        "   3 |     RUN d\n"
        "   4 |     \n"
        "--------------------\n");
}

// What BuildKit's errdefs.Source.Print shows of a file of ten lines that ends in a newline.
TEST_CASE("an excerpt has the lines around the span that BuildKit shows") {
  std::string lines;
  for (int i = 1; i <= 10; ++i) lines += fmt::format("line {}\n", i);
  auto text = std::make_shared<SourceText>(SourceText{"Dockerfile", lines});
  struct Case {
    int first, last, shown_first, shown_last;
  };
  for (const Case& c : {Case{1, 1, 1, 3},
                        {2, 2, 1, 4},
                        {5, 5, 3, 7},
                        {5, 6, 4, 7},
                        {1, 2, 1, 3},
                        {10, 10, 8, 11},
                        {9, 40, 8, 11}}) {
    SourceSpan span{.source = text, .first_line = c.first, .last_line = c.last};
    std::string shown = excerpt(span);
    CAPTURE(shown);
    CHECK(shown.find(fmt::format("--\n {:3} | ", c.shown_first)) != std::string::npos);
    CHECK(shown.find(fmt::format("\n {:3} | ", c.shown_last)) != std::string::npos);
    CHECK(shown.find(fmt::format("\n {:3} | ", c.shown_last + 1)) == std::string::npos);
  }
}
