// SPDX-License-Identifier: Apache-2.0
//
// Variables and their operators (trap 07) as truth tables: unset, empty and set against each sign.
#include <map>

#include "dockerfile/expand.h"
#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

namespace {

std::optional<std::string> lookup(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> values = {
      {"S", "set"},  {"E", ""},       {"P", "/a/b/c.tar.gz"},
      {"SP", "x y"}, {"STAR", "a*b"}, {"_u1", "u"}};
  auto found = values.find(name);
  if (found == values.end()) return std::nullopt;
  return found->second;
}

std::string expanded_by_operator(std::string_view text, const ExpandOptions& options = {}) {
  try {
    return expand_word(text, lookup, options).text;
  } catch (const Error& error) {
    std::string message = error.message();
    return "error " + message.substr(message.find("\": ") + 3);
  }
}

}  // namespace

// V03 ⚠07
TEST_CASE("each operator tells unset, empty and set apart as a shell does") {
  struct Row {
    const char* sign;
    const char* unset;
    const char* empty;
    const char* set;
  };
  for (const Row& row :
       std::initializer_list<Row>{{"-w", "w", "", "set"},
                                  {":-w", "w", "w", "set"},
                                  {"+w", "", "w", "w"},
                                  {":+w", "", "", "w"},
                                  {"?w", "error U: w", "", "set"},
                                  {":?w", "error U: w", "error E: w", "set"},
                                  {"?", "error U: is not allowed to be unset", "", "set"},
                                  {":?", "error U: is not allowed to be unset",
                                   "error E: is not allowed to be empty", "set"},
                                  {"-", "", "", "set"},
                                  {":+", "", "", ""}}) {
    std::string sign = row.sign;
    CHECK_MESSAGE(expanded_by_operator("${U" + sign + "}") == row.unset, sign);
    CHECK_MESSAGE(expanded_by_operator("${E" + sign + "}") == row.empty, sign);
    CHECK_MESSAGE(expanded_by_operator("${S" + sign + "}") == row.set, sign);
  }
}

// V03 ⚠07
TEST_CASE("prefixes and suffixes go by their shortest or longest match") {
  struct Case {
    const char* text;
    const char* expected;
  };
  for (const Case& c : std::initializer_list<Case>{{"${P#*/}", "a/b/c.tar.gz"},
                                                   {"${P##*/}", "c.tar.gz"},
                                                   {"${P%.*}", "/a/b/c.tar"},
                                                   {"${P%%.*}", "/a/b/c"},
                                                   {"${P%/*}", "/a/b"},
                                                   {"${P%%/*}", ""},
                                                   {"${P#nothing}", "/a/b/c.tar.gz"},
                                                   {"${P%nothing}", "/a/b/c.tar.gz"},
                                                   {"${P#}", "/a/b/c.tar.gz"},
                                                   {"${P#/?/}", "b/c.tar.gz"},
                                                   {"${STAR#a\\*}", "b"},
                                                   {"${STAR%\\*b}", "a"},
                                                   {"${U#x}", ""},
                                                   {"${E%x}", ""},
                                                   {"${S#$S}", ""},
                                                   {"${S#${U:-s}}", "et"},
                                                   {"${S%'t'}", "se"}}) {
    CHECK_MESSAGE(expanded_by_operator(c.text) == c.expected, c.text);
  }
}

// V03 V04
TEST_CASE("replacements are literal, and take the longest match from the left") {
  struct Case {
    const char* text;
    const char* expected;
  };
  for (const Case& c : std::initializer_list<Case>{{"${P/./-}", "/a/b/c-tar.gz"},
                                                   {"${P//./-}", "/a/b/c-tar-gz"},
                                                   {"${P//\\//_}", "_a_b_c.tar.gz"},
                                                   {"${P/.*/}", "/a/b/c"},
                                                   {"${S/e/$SP}", "sx yt"},
                                                   {"${S//?/.}", "..."},
                                                   {"${S/x/y}", "set"},
                                                   {"${U/x/y}", ""},
                                                   {"${STAR/\\*/+}", "a+b"}}) {
    CHECK_MESSAGE(expanded_by_operator(c.text) == c.expected, c.text);
  }
}

TEST_CASE("a class in brackets is no pattern but text") {
  CHECK(expanded_by_operator("${S#[s]}") == "set");
  CHECK(expanded_by_operator("${S//[a-z]/x}") == "set");
}

TEST_CASE("an operand is expanded though it is not wanted") {
  CHECK(expanded_by_operator("${S:-${U:?no}}") == "error U: no");
  CHECK(expanded_by_operator("${S:-'}'}") == "set");
  CHECK(expanded_by_operator("${U:-\"a }\"}") == "a }");
  CHECK(expanded_by_operator("${U:-'$S'}") == "$S");
  CHECK(expanded_by_operator("\"${U:-$S}\"") == "set");
}

TEST_CASE("a name ends where its letters end") {
  struct Case {
    const char* text;
    const char* expected;
  };
  for (const Case& c : std::initializer_list<Case>{{"$S-x", "set-x"},
                                                   {"$S$S", "setset"},
                                                   {"${S}x", "setx"},
                                                   {"$Sx", ""},
                                                   {"$_u1/", "u/"},
                                                   {"$10", ""},
                                                   {"$$S", "S"},
                                                   {"a$ b", "a$ b"},
                                                   {"$/", "$/"},
                                                   {"100%$", "100%$"},
                                                   {"$?x", "x"}}) {
    CHECK_MESSAGE(expanded_by_operator(c.text) == c.expected, c.text);
  }
}

TEST_CASE("the message of a failed expansion quotes the whole word") {
  try {
    expand_word("a\"${U:?gone}\"", lookup);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.message() == "failed to process \"a\\\"${U:?gone}\\\"\": U: gone");
    CHECK(error.kind() == ErrorKind::kDockerfile);
    CHECK(!error.span());
  }
}

// E13
TEST_CASE("braces that are not closed or hold nothing usable are errors") {
  struct Case {
    const char* text;
    const char* message;
  };
  for (const Case& c :
       std::initializer_list<Case>{{"${", "error syntax error: missing '}'"},
                                   {"${S:", "error syntax error: missing '}'"},
                                   {"${S/a/b", "error syntax error: missing '}'"},
                                   {"${S/a}", "error syntax error: missing '/' in ${}"},
                                   {"${{S}}", "error syntax error: bad substitution"},
                                   {"${S!x}", "error unsupported modifier (!) in substitution"},
                                   {"${S:%x}", "error unsupported modifier (:%) in substitution"},
                                   {"${S^^}", "error unsupported modifier (^) in substitution"},
                                   {"${S=x}", "error unsupported modifier (=) in substitution"}}) {
    CHECK_MESSAGE(expanded_by_operator(c.text) == c.message, c.text);
  }
}

TEST_CASE("words that a step shows keep what is unset, in every form of it") {
  ExpandOptions shown{.keep_quotes = true, .keep_unset = true};
  for (const char* text : {"$U", "${U}", "${U:-a}", "${U+a}", "${U#a}", "${U/a/b}", "'$S'"}) {
    CHECK_MESSAGE(expanded_by_operator(text, shown) == text, text);
  }
  CHECK(expanded_by_operator("$S ${S} ${E:-a}", shown) == "set set a");
}

TEST_CASE("another escape takes the part of the backslash everywhere") {
  ExpandOptions backtick{.escape = '`'};
  CHECK(expanded_by_operator("C:\\dir\\$S", backtick) == "C:\\dir\\set");
  CHECK(expanded_by_operator("`$S", backtick) == "$S");
  CHECK(expanded_by_operator("\"`\"`$`x\"", backtick) == "\"$`x");
  CHECK(expanded_by_operator("a`", backtick) == "a");
}

// R02
TEST_CASE("a value is never expanded again") {
  auto nested = [](std::string_view name) -> std::optional<std::string> {
    return name == "A" ? "$B '\"\\" : "b";
  };
  CHECK(expand_word("$A ${A:-x} \"$A\"", nested).text == "$B '\"\\ $B '\"\\ $B '\"\\");
}

// V08
TEST_CASE("white space from a value splits words outside quotes alone") {
  CHECK(expand_words("$SP", lookup).words == Lines{"x", "y"});
  CHECK(expand_words("\"$SP\"", lookup).words == Lines{"x y"});
  CHECK(expand_words("a$SP'b c'", lookup).words == Lines{"ax", "yb c"});
  CHECK(expand_words("$E $U", lookup).words.empty());
  CHECK(expand_words("$SP", lookup).text == "x y");
}
