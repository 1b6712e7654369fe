// SPDX-License-Identifier: Apache-2.0
//
// What a wrong file is told: which line, which columns, and what was probably meant.
#include "dockerfile/narrow.h"
#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

// E01
TEST_CASE("every keyword is guessed from one slip, in the letter case of the writer") {
  struct Case {
    const char* typo;
    const char* meant;
  };
  for (const Case& c : std::initializer_list<Case>{{"FORM", "FROM"},
                                                   {"COYP", "COPY"},
                                                   {"RNU", "RUN"},
                                                   {"EVN", "ENV"},
                                                   {"WORKIDR", "WORKDIR"},
                                                   {"ENTRYPONT", "ENTRYPOINT"},
                                                   {"EXPSE", "EXPOSE"},
                                                   {"HELTHCHECK", "HEALTHCHECK"},
                                                   {"VOLUMES", "VOLUME"},
                                                   {"LABLE", "LABEL"},
                                                   {"STOPSIGNALS", "STOPSIGNAL"},
                                                   {"copi", "copy"},
                                                   {"usr", "user"},
                                                   {"shel", "shell"}}) {
    CHECK(complaint(std::string(c.typo) + " x") ==
          "unknown instruction: " + std::string(c.typo) + " (did you mean " + c.meant + "?)");
  }
  CHECK(complaint("INSTALL x") == "unknown instruction: INSTALL");
  CHECK(complaint("&& make") == "unknown instruction: &&");
}

// E01
TEST_CASE("a line that fell off the one above it is told which escape is missing") {
  Refusal backtick = refusal("# escape=`\nFROM x\nRUN a\n  && b\n");
  CHECK(backtick.span.first_line == 4);
  CHECK(backtick.hint == "line 3 does not end in `: if line 4 belongs to it, add one there");
}

TEST_CASE("an error of the syntax points at its line, as deep as it stands") {
  struct Case {
    const char* text;
    int first;
    int last;
  };
  for (const Case& c : std::initializer_list<Case>{{"FROM x\nENV a\n", 2, 2},
                                                   {"FROM x\n\n\nENV a=b \\\n  c\n", 4, 5},
                                                   {"FROM x\nCMD [\"a\", \\\n 1]\nRUN b\n", 2, 3},
                                                   {"# c\n\nFROM a b\n", 3, 3},
                                                   {"FROM x\nRUN <<E\nE\nSHELL x\n", 4, 4}}) {
    Refusal wrong = refusal(c.text);
    CHECK_MESSAGE(wrong.span.first_line == c.first, c.text);
    CHECK_MESSAGE(wrong.span.last_line == c.last, c.text);
  }
}

// P14
TEST_CASE("only ARG may stand above the first FROM, and the first that does not is shown") {
  for (const char* line : {"RUN a", "ENV a=b", "COPY a b", "LABEL a=b", "SHELL [\"a\"]"}) {
    Refusal wrong = refusal("ARG a\n" + std::string(line) + "\nFROM x\n");
    CHECK_MESSAGE(wrong.message == "no build stage in current context", line);
    CHECK_MESSAGE(wrong.span.first_line == 2, line);
    CHECK(wrong.hint == "only ARG may stand before the first FROM");
  }
}

// P13
TEST_CASE("files without a stage are told apart") {
  CHECK(refusal("").message == "the Dockerfile cannot be empty");
  CHECK(refusal("\n").message == "file with no instructions");
  CHECK(refusal("# syntax=a\n# b\n").message == "file with no instructions");
  CHECK(refusal("ARG a\nARG b\n").message == "dockerfile contains no stages to build");
  CHECK(refusal("ARG a\nARG b\n").span.first_line == 2);
}

// G10 E12
TEST_CASE("a SHELL in shell form is shown how to be written") {
  Refusal wrong = refusal("FROM x\nSHELL /bin/bash -c\n");
  CHECK(wrong.hint == "write it as SHELL [\"/bin/bash\", \"-c\"]");
  CHECK(instruction<Shell>("SHELL [\"powershell\", \"-c\"]").words == Lines{"powershell", "-c"});
}

// E20
TEST_CASE("some triggers are forbidden, and the rest are checked where they fire") {
  for (std::string keyword : {"FROM", "MAINTAINER", "maintainer"}) {
    std::string shout = keyword == "FROM" ? "FROM" : "MAINTAINER";
    CHECK(complaint("ONBUILD " + keyword + " x") == shout + " isn't allowed as an ONBUILD trigger");
  }
  CHECK(instruction<Onbuild>("ONBUILD COPY").trigger == "COPY");
  CHECK(instruction<Onbuild>("ONBUILD NONSENSE a  b").trigger == "NONSENSE a  b");
  CHECK(complaint("ONBUILD --x RUN a") == "unknown flag: --x");
}

// E20
TEST_CASE("a trigger that fails shows the line that fired it and says who carries it") {
  auto source = std::make_shared<const SourceText>(SourceText{"Dockerfile", "FROM base\n"});
  SourceSpan from{.source = source, .first_line = 1, .last_line = 1};
  for (const char* text : {"COPY", "RNU a", "RUN <<E\na", "CMD [1]", "RUN --x a", "MAINTAINER a"}) {
    try {
      parse_trigger(text, from);
      FAIL_CHECK("accepted " << text);
    } catch (const Error& error) {
      std::string first = std::string(text).substr(0, std::string(text).find('\n'));
      CHECK(error.span() == from);
      CHECK(error.hint() == "the base of this stage carries the trigger: ONBUILD " + first);
    }
  }
}

TEST_CASE("narrow finds the first place of a text inside a span, or keeps the span") {
  auto source =
      std::make_shared<const SourceText>(SourceText{"Dockerfile", "a b\nb c\n  b d\ne\n"});
  SourceSpan span{.source = source, .first_line = 2, .last_line = 3};
  SourceSpan found = narrow(span, "b d");
  CHECK(found.first_line == 3);
  CHECK(found.first_column == 3);
  CHECK(found.last_column == 5);
  CHECK(narrow(span, "b").first_line == 2);
  CHECK(narrow(span, "a") == span);
  CHECK(narrow(span, "e") == span);
  CHECK(narrow(span, "") == span);
  CHECK(narrow(SourceSpan{}, "a") == SourceSpan{});
}
