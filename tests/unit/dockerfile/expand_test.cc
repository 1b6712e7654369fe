// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/expand.h"

#include <doctest/doctest.h>

#include <map>

#include "base/error.h"

using namespace cairn;
using namespace cairn::dockerfile;

namespace {

Variables variables(std::map<std::string, std::string, std::less<>> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

const Variables kEnv = variables({{"V", "xxyy"},
                                  {"EMPTY", ""},
                                  {"PWD", "/home"},
                                  {"TWO", "a  b"},
                                  {"URL", "http://x/y"},
                                  {"한국어", "korean"}});

std::string expanded(std::string_view text, ExpandOptions options = {}) {
  try {
    return expand_word(text, kEnv, options).text;
  } catch (const Error& error) {
    std::string message = error.message();
    return "error:" + message.substr(message.find("\": ") + 2);
  }
}

std::vector<std::string> words(std::string_view text) {
  return expand_words(text, kEnv).words;
}

struct ExpandCase {
  const char* text;
  const char* expected;
};

}  // namespace

// V05 V09
TEST_CASE("quotes and escapes are taken off as a shell would") {
  for (const ExpandCase& c : std::initializer_list<ExpandCase>{{"he'll'o", "hello"},
                                                               {"he\\'llo", "he'llo"},
                                                               {"abc\\tdef", "abctdef"},
                                                               {"\"abc\\tdef\"", "abc\\tdef"},
                                                               {"\"a\\\\b\"", "a\\b"},
                                                               {"'a\\b'", "a\\b"},
                                                               {"hello\\", "hello"},
                                                               {"'\"x\"'", "\"x\""},
                                                               {"\"he'$PWD'\"", "he'/home'"},
                                                               {"he\\$PWD", "he$PWD"},
                                                               {"'he${XX}'", "he${XX}"},
                                                               {"\\${}", "${}"}}) {
    CHECK(expanded(c.text) == c.expected);
  }
}

// V05
TEST_CASE("names are letters, digits and underscores; digits and special signs are names too") {
  for (const ExpandCase& c : std::initializer_list<ExpandCase>{{"$V.", "xxyy."},
                                                               {"$.", "$."},
                                                               {"a$1x", "ax"},
                                                               {"$999aaa", "aaa"},
                                                               {"$@@", "@"},
                                                               {"${#}", ""},
                                                               {"${1:-b}", "b"},
                                                               {"$", "$"},
                                                               {"$한국어", "korean"},
                                                               {"$unset", ""}}) {
    CHECK(expanded(c.text) == c.expected);
  }
}

// V03 ⚠07
TEST_CASE("every operator of a substitution does its work") {
  for (const ExpandCase& c : std::initializer_list<ExpandCase>{{"${X:-d}", "d"},
                                                               {"${EMPTY:-d}", "d"},
                                                               {"${EMPTY-d}", ""},
                                                               {"${V:-d}", "xxyy"},
                                                               {"${V:+d}", "d"},
                                                               {"${EMPTY:+d}", ""},
                                                               {"${EMPTY+d}", "d"},
                                                               {"${X+d}", ""},
                                                               {"${V:?m}", "xxyy"},
                                                               {"${X:-${Y:-${V}z}}", "xxyyz"},
                                                               {"${X:-\\}}", "}"},
                                                               {"${V#x}", "xyy"},
                                                               {"${V##*x}", "yy"},
                                                               {"${V#*}", "xxyy"},
                                                               {"${V##*}", ""},
                                                               {"${V%y}", "xxy"},
                                                               {"${V%%y*}", "xx"},
                                                               {"${V%?y}", "xx"},
                                                               {"${V#?\\?}", "xxyy"},
                                                               {"${V/x/-}", "-xyy"},
                                                               {"${V//x/-}", "--yy"},
                                                               {"${V/x*/-}", "-"},
                                                               {"${V//x/$1}", "yy"},
                                                               {"${V//x/\\$1}", "\\$1\\$1yy"},
                                                               {"${URL/\\/\\//-}", "http:-x/y"},
                                                               {"${V///-}", "-x-x-y-y-"},
                                                               {"${V//z/-}", "xxyy"}}) {
    CHECK_MESSAGE(expanded(c.text) == c.expected, c.text);
  }
}

// E13
TEST_CASE("a substitution that cannot be is an error with its reason") {
  for (const ExpandCase& c : std::initializer_list<ExpandCase>{
           {"${X:?no way}", "error: X: no way"},
           {"${X?}", "error: X: is not allowed to be unset"},
           {"${EMPTY:?}", "error: EMPTY: is not allowed to be empty"},
           {"${}", "error: syntax error: bad substitution"},
           {"${:x}", "error: syntax error: bad substitution"},
           {"${V", "error: syntax error: missing '}'"},
           {"${V:-x", "error: syntax error: missing '}'"},
           {"${V:#x}", "error: unsupported modifier (:#) in substitution"},
           {"${V:=x}", "error: unsupported modifier (:=) in substitution"},
           {"${.}", "error: unsupported modifier (.) in substitution"},
           {"${V//x}", "error: syntax error: missing '/' in ${}"},
           {"${V#\\x}", "error: invalid pattern (\\x) in substitution: invalid escape '\\x'"},
           {"'x", "error: unexpected end of statement while looking for matching single-quote"},
           {"\"x", "error: unexpected end of statement while looking for matching double-quote"}}) {
    CHECK_MESSAGE(expanded(c.text) == c.expected, c.text);
  }
}

TEST_CASE("an expansion says which variables it used and which were unset") {
  Expansion result = expand_word("$V ${X:-$Y} '$Z'", kEnv);
  CHECK(result.used == std::set<std::string>{"V"});
  CHECK(result.unset == std::set<std::string>{"X", "Y"});
}

// V08
TEST_CASE("splitting cuts at white space outside quotes, from variables too") {
  CHECK(words("a  $TWO\"$TWO\"") == std::vector<std::string>{"a", "a", "ba  b"});
  CHECK(words("a\\ b '' c") == std::vector<std::string>{"a b", "c"});
  CHECK(words("1${X:-2 3}4") == std::vector<std::string>{"12", "34"});
}

TEST_CASE("options keep what a later reader wants to see") {
  CHECK(expanded("'$V' \"$V\" $X", {.keep_quotes = true, .keep_unset = true}) ==
        "'$V' \"xxyy\" $X");
  CHECK(expanded("'$V' \"\\$V\"", {.ignore_quotes = true}) == "'xxyy' \"$V\"");
  CHECK(expanded("${X:-a}", {.keep_unset = true}) == "${X:-a}");
  CHECK(expanded("a\\b", {.keep_escapes = true}) == "a\\b");
  CHECK(expanded("a`$V \\n", {.escape = '`'}) == "a$V \\n");
}

TEST_CASE("bytes that are not UTF-8 pass through unharmed") {
  CHECK(expanded("\xff\xc3$V\xe2\x82") == "\xff\xc3xxyy\xe2\x82");
  CHECK(expand_word("${A%?}", variables({{"A", "x\xff"}})).text == "x");
}

TEST_CASE("nesting is bounded before the stack is") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "${a:-";
  CHECK(expanded(deep).starts_with("error:"));
}

TEST_CASE("what substitution adds to a text is bounded, the text itself is not") {
  std::string half(600 << 10, 'a');
  Variables two = variables({{"A", half}});
  CHECK(expand_word("$A", two).text == half);
  for (const char* text : {"$A$A", "\"$A$A\"", "${A//a/bbb}", "x${X:-${X:-$A$A}}"}) {
    CAPTURE(text);
    try {
      expand_word(text, two);
      FAIL("expanded");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kDockerfile);
      CHECK(error.message().find("than ") != std::string::npos);
      CHECK(error.message().find("missing") == std::string::npos);
    }
  }
  std::string large(3 << 20, 'x');
  CHECK(expand_word(large + "$A", two).text == large + half);
}

TEST_CASE("no pattern takes more than a moment") {
  std::string value(1 << 20, 'a');
  Variables long_one = variables({{"A", value}, {"B", value.substr(0, value.size() / 2) + "b"}});
  // Quadratic in the value if each start looked for the "b" anew.
  CHECK(expand_word("${A//a*b/x}", long_one).text == value);
  CHECK(expand_word("${A##*b}", long_one).text == value);
  CHECK_THROWS_AS(expand_word("${A//$B/x}", long_one), Error);
  CHECK_THROWS_AS(expand_word("${A##*$B}", long_one), Error);
}
