// SPDX-License-Identifier: Apache-2.0
//
// The checks that a parser makes, each firing and nearly so, and the ways to skip them (section F,
// P05, E21, E23). Texts are BuildKit's.
#include "dockerfile/lint.h"

#include <map>

#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

namespace {

struct LintCase {
  const char* text;
  Lines found;
};

void check_all(const std::vector<LintCase>& cases) {
  for (const LintCase& c : cases) {
    CAPTURE(c.text);
    CHECK(checked(c.text) == c.found);
  }
}

std::string options_error(std::string_view text) {
  try {
    parse_check_options(text);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

}  // namespace

TEST_CASE("StageNameCasing: names of stages are lower case") {
  check_all(
      {{"FROM a AS Base\n", {"StageNameCasing: Stage name 'Base' should be lowercase (line 1)"}},
       {"FROM a AS base-1.x_y\n", {}},
       {"FROM A\n", {}}});
}

TEST_CASE("FromAsCasing: AS has the case of FROM") {
  check_all(
      {{"FROM a as b\n", {"FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 1)"}},
       {"from a AS b\n", {"FromAsCasing: 'AS' and 'from' keywords' casing do not match (line 1)"}},
       {"FROM a As b\n", {"FromAsCasing: 'As' and 'FROM' keywords' casing do not match (line 1)"}},
       {"from a as b\n", {}},
       // A FROM in mixed case is the next rule's.
       {"From a as b\nFROM c\n",
        {"ConsistentInstructionCasing: Command 'From' should match the case of the command "
         "majority (uppercase) (line 1)"}}});
}

TEST_CASE("NoEmptyContinuation: blank lines inside an instruction") {
  check_all(
      {{"FROM a\nCOPY x \\\n\n.\n", {"NoEmptyContinuation: Empty continuation line (line 4)"}},
       {"FROM a\nCOPY x \\\n.\n", {}},
       {"FROM a\nCOPY x \\\n# a comment\n.\n", {}},
       {"FROM a\nRUN <<EOF\n\nx\nEOF\n", {}}});
}

TEST_CASE("ConsistentInstructionCasing: one case for all keywords") {
  auto says = [](const char* keyword, const char* wanted, int line) {
    return fmt::format(
        "ConsistentInstructionCasing: Command '{}' should match the case of the command majority "
        "({}) (line {})",
        keyword, wanted, line);
  };
  check_all({{"FROM a\ncopy x /\nCOPY y /\n", {says("copy", "uppercase", 2)}},
             {"frOM a\nfrom b\n", {says("frOM", "lowercase", 1)}},
             {"from a\nCOPY x /\ncopy y /\n", {says("COPY", "lowercase", 2)}},
             {"FROM a\ncopy x /\n", {says("copy", "uppercase", 2)}},  // a tie is for upper case
             {"from a\ncopy x /\n", {}},
             {"arg X=1\nARG Y=1\nFROM a\n", {}},  // ARGs above FROM have no vote
             {"FROM a\nRUN <<EOT\nenv\nEOT\n", {}},
             {"FROM a\nONBUILD copy x /\n", {}}});
}

TEST_CASE("DuplicateStageName and ReservedStageName") {
  check_all({{"FROM a AS b\nFROM a AS b\n",
              {"DuplicateStageName: Duplicate stage name \"b\", stage names should be unique "
               "(line 2)"}},
             {"FROM a AS b1\nFROM a AS b2\nFROM a\nFROM a\n", {}},
             {"FROM a AS scratch\nFROM a AS context\n",
              {"ReservedStageName: Stage name should not use the same name as reserved stage "
               "\"scratch\" (line 1)",
               "ReservedStageName: Stage name should not use the same name as reserved stage "
               "\"context\" (line 2)"}},
             {"FROM scratch\nFROM scratch AS a\n", {}}});
}

TEST_CASE("MaintainerDeprecated: a label says it now") {
  check_all({{"FROM a\nMAINTAINER me@example.org\n",
              {"MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label "
               "(line 2)"}},
             {"FROM a\nLABEL org.opencontainers.image.authors=me\n", {}}});
}

TEST_CASE("InvalidDefinitionDescription: only when asked for") {
  auto says = [](const char* what, const char* name, int line) {
    return fmt::format(
        "InvalidDefinitionDescription: Comment for {} should follow the format: `# {} "
        "<description>` (line {})",
        what, name, line);
  };
  std::string bad =
      "# bar is what\nARG foo=bar\n# BasE is it\nFROM scratch AS base\n# a comment\n"
      "ARG foo=baz bar=qux\n";
  CHECK(checked(bad).empty());
  CHECK(checked("# check=skip=all;experimental=InvalidDefinitionDescription\n" + bad) ==
        Lines{says("ARG", "foo", 3), says("FROM", "base", 5), says("ARG", "<arg_key>", 7)});
  CHECK(checked("# check=experimental=all\n# foo is\nARG foo=1\n\n# base is\nFROM a AS base\n"
                "# c is\nARG b c\n# nothing\n#\nARG d\n# whatever\nFROM a\n")
            .empty());
}

TEST_CASE("warnings of the lines above an error are kept") {
  CHECK(checked("FROM a AS Bad\nMAINTAINER me\nBADCMD\n") ==
        Lines{"StageNameCasing: Stage name 'Bad' should be lowercase (line 1)",
              "MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label "
              "(line 2)",
              "error: dockerfile parse error on line 3: unknown instruction: BADCMD"});
}

TEST_CASE("a check directive skips rules by name, in exact letter case, or all of them") {  // P05
  std::string text = "FROM a as base\ncopy x .\n";
  std::string as = "FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 2)";
  CHECK(checked("#check=skip=all\n" + text).empty());
  CHECK(checked("#check=skip=ConsistentInstructionCasing , FromAsCasing\n" + text).size() == 1);
  CHECK(checked("#check=skip=ConsistentInstructionCasing,FromAsCasing\n" + text).empty());
  CHECK(checked("#check=skip=ConsistentInstructionCasing\n" + text) == Lines{as});
  CHECK(checked("#check=skip=consistentinstructioncasing\n" + text).size() == 2);
  CHECK(checked("#check=skip=ConsistentInstructionCasing // old file\n" + text) == Lines{as});
  // Not in the run of directives: no directive.
  CHECK(checked("\n#check=skip=all\n#\nFROM a as b\n").size() == 1);
}

TEST_CASE("error=true names the rules that were broken") {  // E23
  std::string text = "FROM a as base\ncopy x .\n";
  CHECK(checked("#check=error=true\n" + text).back() ==
        "error: lint violation found for rules: ConsistentInstructionCasing, FromAsCasing");
  CHECK(checked("#check=skip=all;error=true\n" + text).empty());
  CHECK(checked("#check=error=false\n" + text).size() == 2);
}

TEST_CASE("the comment right above an instruction skips rules for it alone") {  // P05
  check_all({{"FROM a\n# check=skip=MaintainerDeprecated\nMAINTAINER me\n", {}},
             {"FROM a\n  # check=skip=MaintainerDeprecated\nMAINTAINER me\n",
              {"MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label "
               "(line 3)"}},
             {"FROM a\n# check=skip=all // for now\nMAINTAINER me\n", {}},
             {"FROM a\n# check=skip=nonsense;what\nMAINTAINER me\n",
              {"MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label "
               "(line 3)"}},
             {"FROM a\n# check=skip=all\n#\nMAINTAINER me\n",
              {"MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label "
               "(line 4)"}},
             {"FROM a\n# check=error=true\nMAINTAINER me\n",  // an option of the file alone
              {"MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label "
               "(line 3)"}},
             {"FROM a\n# check=experimental=all\n# nothing\nARG x\n",
              {"InvalidDefinitionDescription: Comment for ARG should follow the format: `# x "
               "<description>` (line 4)"}}});
}

TEST_CASE("wrong check options are refused with BuildKit's words") {  // E21
  CHECK(options_error("").empty());
  CHECK(options_error(" skip = A , B ; error = T ; experimental = all ").empty());
  CHECK(options_error("skip") == "invalid check option \"skip\"");
  CHECK(options_error("Skip=A") == "invalid check option \"Skip\"");
  CHECK(options_error("skip=A;") == "invalid check option \"\"");
  CHECK(options_error("error=yes") ==
        "failed to parse check option \"error=yes\": strconv.ParseBool: parsing \"yes\": invalid "
        "syntax");
  try {
    check_options(parse_syntax(std::make_shared<const SourceText>(SourceText{
                                   "Dockerfile", "# escape=`\n# check=what=all\nFROM a\n"}))
                      .directives,
                  std::nullopt);
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.message() == "failed to parse check options: invalid check option \"what\"");
    REQUIRE(error.span());
    CHECK(error.span()->first_line == 2);
  }
}

TEST_CASE("the build argument takes the place of the directive, even when it is empty") {  // R07
  std::vector<Directive> skip_all = {{.name = "check", .value = "skip=all", .span = {}}};
  CHECK(check_options(skip_all, std::nullopt).skip_all);
  CHECK(!check_options(skip_all, "").skip_all);
  CHECK(check_options(skip_all, "skip=A;error=1").fail);
  CHECK_THROWS_WITH_AS(check_options({}, "x"),
                       "failed to parse build-arg:BUILDKIT_DOCKERFILE_CHECK: invalid check option "
                       "\"x\"",
                       Error);
}
