// SPDX-License-Identifier: Apache-2.0
//
// How lines become instructions: what continues one, what vanishes inside it, and which lines it
// then spans (the traps 02 and 03).
#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

namespace {

std::string shell_text(const std::string& line) {
  return instruction<Run>(line).command.words.at(0);
}

}  // namespace

// P09 ⚠03
TEST_CASE("a continued line keeps the white space at its start and gets none at its join") {
  struct Case {
    const char* written;
    const char* joined;
  };
  for (const Case& c : std::initializer_list<Case>{{"RUN a\\\nb", "ab"},
                                                   {"RUN a \\\nb", "a b"},
                                                   {"RUN a\\\n\tb", "a\tb"},
                                                   {"RUN a\\ \t \nb", "ab"},
                                                   {"RUN a \\\r\n b\r\n", "a  b"},
                                                   {"RUN a \\\n\\\n\\\nb", "a b"},
                                                   {"RUN \\\na", "a"},
                                                   {"RUN a\\\n b \\\n  c  ", "a b   c"}}) {
    CHECK_MESSAGE(shell_text(c.written) == c.joined, c.written);
  }
}

// P08 ⚠02
TEST_CASE("comment lines and blank lines inside an instruction vanish, wherever they stand") {
  struct Case {
    const char* written;
    const char* joined;
  };
  for (const Case& c : std::initializer_list<Case>{{"RUN a \\\n# x\nb", "a b"},
                                                   {"RUN a \\\n   # x \\\nb", "a b"},
                                                   {"RUN a \\\n\t#x\n\n#y\n \t \nb", "a b"},
                                                   {"RUN a \\\n# x", "a"},
                                                   {"RUN a \\\nb # x", "a b # x"},
                                                   {"RUN a \\\nb \\\n#", "a b"}}) {
    CHECK_MESSAGE(shell_text(c.written) == c.joined, c.written);
  }
}

// P09 ⚠03
TEST_CASE("two escapes at the end of a line continue nothing") {
  Dockerfile file = parsed("FROM x\nRUN a\\\\\nUSER b\n");
  REQUIRE(file.stages[0].instructions.size() == 2);
  CHECK(std::get<Run>(file.stages[0].instructions[0]).command.words == Lines{"a\\\\"});
  CHECK(parsed("FROM x\nRUN a \\\\\\\nUSER b\n").stages[0].instructions.size() == 2);
}

TEST_CASE("a continuation reaches across instructions when nothing ends it") {
  CHECK(shell_text("RUN a \\\nRUN b") == "a RUN b");
  CHECK(shell_text("RUN a \\\n\nRUN b") == "a RUN b");
}

// P08
TEST_CASE("one warning stands for a run of blank lines inside an instruction") {
  Lines found = checked("FROM x\nRUN a \\\n\n\nb \\\n\nc\nRUN d \\\n\ne\n");
  // BuildKit names the last line of the instruction.
  CHECK(found == Lines{"NoEmptyContinuation: Empty continuation line (line 7)",
                       "NoEmptyContinuation: Empty continuation line (line 10)"});
}

TEST_CASE("an instruction spans its first line to its last, with heredocs") {
  struct Case {
    const char* written;
    int last;
  };
  for (const Case& c : std::initializer_list<Case>{{"RUN a", 2},
                                                   {"RUN a \\\n b", 3},
                                                   {"RUN a \\\n# c\n\n b\n\n", 5},
                                                   {"RUN <<E\na\nE\n", 4},
                                                   {"RUN <<E \\\n <<F\na\nE\nF\n\n", 6},
                                                   {"RUN a \\\n", 2}}) {
    SourceSpan span = instruction<Run>(c.written).origin.span;
    CHECK_MESSAGE(span.first_line == 2, c.written);
    CHECK_MESSAGE(span.last_line == c.last, c.written);
  }
}

TEST_CASE("the comments right above an instruction are its own, those before a bare # are not") {
  Dockerfile file = parsed("# top\n#\n# a\n#   b\nFROM x\nRUN 1\n# c\n\n# d\nRUN 2\n");
  CHECK(file.stages[0].from.origin.comments == Lines{"a", "b"});
  CHECK(origin_of(file.stages[0].instructions.at(0)).comments.empty());
  CHECK(origin_of(file.stages[0].instructions.at(1)).comments == Lines{"c", "d"});
}

// P07 P11
TEST_CASE("keywords may be in any letter case and indented, and are kept as written") {
  Dockerfile file = parsed("\n   from x\n\tRuN a\n  eNv b=c\n");
  CHECK(file.stages.at(0).from.origin.keyword == "from");
  CHECK(std::get<Run>(file.stages[0].instructions.at(0)).origin.keyword == "RuN");
  CHECK(std::get<Env>(file.stages[0].instructions.at(1)).origin.code == "eNv b=c");
}

TEST_CASE("a file may end without a newline, and in blank lines") {
  CHECK(shell_text("RUN a") == "a");
  CHECK(shell_text("RUN a\n\n  \n\t\n") == "a");
  CHECK(shell_text("RUN a\r\n\r\n") == "a");
}

// P06
TEST_CASE("a line has no limit of length") {
  std::string text(200'000, 'x');
  CHECK(shell_text("RUN " + text) == text);
}
