// SPDX-License-Identifier: Apache-2.0
//
// The run of directives at the top of a file, and what ends it (the trap known as 01).
#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

namespace {

// "name=value@line" of each directive.
Lines directives(std::string text) {
  Lines out;
  for (const Directive& directive : parsed(std::move(text)).directives) {
    out.push_back(directive.name + "=" + directive.value + "@" +
                  std::to_string(directive.span.first_line));
  }
  return out;
}

}  // namespace

// P02 ⚠01
TEST_CASE("a directive may be spaced and spelled in any way") {
  for (const char* line : {"#escape=`", "# escape=`", "#\tEscape =\t` ", "#  ESCAPE  =  `  ",
                           "   # escape=`", "# escape=`\r"}) {
    Dockerfile file = parsed(std::string(line) + "\nFROM x\n");
    CHECK_MESSAGE(file.escape == '`', line);
    CHECK_MESSAGE(file.directives.size() == 1, line);
  }
}

// P02 ⚠01
TEST_CASE("what is not quite a directive is a comment, and ends the run") {
  for (const char* line : {"# escape", "# escape=", "# 1escape=`", "# esc ape=`", "# escape: `",
                           "## escape=`", "# my_escape=`", "# ESCAPED=`"}) {
    Dockerfile file = parsed(std::string(line) + "\n# escape=`\nFROM x\n");
    CHECK_MESSAGE(file.escape == '\\', line);
    CHECK_MESSAGE(file.directives.empty(), line);
  }
}

// P02 ⚠01
TEST_CASE("a blank line, a comment, an unknown name and an instruction end the run of directives") {
  for (const char* between : {"\n", "# words\n", "# nothing=1\n", "#\n", "ARG a\n"}) {
    Dockerfile file = parsed("# syntax=s\n" + std::string(between) + "# escape=`\nFROM x\n");
    CHECK_MESSAGE(file.escape == '\\', between);
    REQUIRE(file.directives.size() == 1);
    CHECK(file.directives[0].name == "syntax");
  }
}

TEST_CASE("each directive knows its line, whatever their order") {
  CHECK(directives(
            "# check=skip=A,B;error=true\n# escape=\\\n# syntax=docker/dockerfile:1\nFROM x") ==
        Lines{"check=skip=A,B;error=true@1", "escape=\\@2", "syntax=docker/dockerfile:1@3"});
}

// P01 P04
TEST_CASE("a syntax line is found below a shebang and in slash comments, an escape is not") {
  CHECK(directives("#!/usr/bin/env x\n# syntax=s\nFROM x") == Lines{"syntax=s@2"});
  CHECK(directives("#!/usr/bin/env x\n# escape=`\nFROM x").empty());
  CHECK(directives("#!/usr/bin/env x\n# check=skip=all\nFROM x") == Lines{"check=skip=all@2"});
  auto slashes = std::make_shared<const SourceText>(
      SourceText{"Dockerfile", "// syntax=s\n// escape=`\nFROM x"});
  SyntaxTree tree = parse_syntax(slashes);
  CHECK(tree.directives.at(0).value == "s");
  CHECK(tree.directives.size() == 1);
  CHECK(tree.escape == '\\');
}

// P02 E21
TEST_CASE("a directive given twice is an error at the second one") {
  for (std::string name : {"syntax", "escape", "check"}) {
    Refusal twice = refusal("# " + name + "=\\\n# " + name + "=\\\nFROM x\n");
    CHECK(twice.message == "only one " + name + " parser directive can be used");
    CHECK(twice.span.first_line == 2);
  }
}

// P03 E21
TEST_CASE("only a backslash and a backtick can be escapes") {
  for (const char* value : {"^", "\\\\", "``", "/", "` x"}) {
    Refusal wrong = refusal("# escape=" + std::string(value) + "\nFROM x\n");
    CHECK(wrong.message ==
          "invalid escape token '" + std::string(value) + "' does not match ` or \\");
    CHECK(wrong.span.first_line == 1);
  }
}

// P03
TEST_CASE("with a backtick as escape a backslash is an ordinary character everywhere") {
  Dockerfile file = parsed(
      "# escape=`\nFROM x\nCOPY a C:\\dir\\\nENV p=C:\\x` y q=`\"\nRUN dir `\n  C:\\\nUSER u\n");
  const std::vector<Instruction>& lines = file.stages.at(0).instructions;
  REQUIRE(lines.size() == 4);
  CHECK(std::get<Copy>(lines[0]).files.dest == "C:\\dir\\");
  CHECK(std::get<Env>(lines[1]).pairs.at(0).value == "C:\\x` y");
  CHECK(std::get<Env>(lines[1]).pairs.at(1).value == "`\"");
  CHECK(std::get<Run>(lines[2]).command.words == Lines{"dir   C:\\"});
}
