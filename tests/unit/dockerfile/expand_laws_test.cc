// SPDX-License-Identifier: Apache-2.0
//
// What holds for the expansion of every word, over seeds; single cases are in expand_test.cc.
#include <doctest/doctest.h>

#include "base/error.h"
#include "base/limits.h"
#include "dockerfile/expand.h"
#include "tests/support/seeds.h"

using namespace cairn;
using namespace cairn::dockerfile;
using test::Seeded;

namespace {

// Neither variables, nor quotes, nor escapes.
constexpr std::string_view kPlain = "abcXYZ019 \t_-+:?=/.,;{}[]()<>|&*!#%@~^";
// What operators and their words are made of.
constexpr std::string_view kSyntax = "$${}ab:-+?#%/'\"\\ x";

std::string expanded_with(const std::optional<std::string>& x, std::string_view text) {
  return expand_word(
             text,
             [&](std::string_view name) { return name == "x" ? x : std::optional<std::string>(); })
      .text;
}

// Unset, empty, or a text without a special character.
std::optional<std::string> any_value(Seeded& seeded) {
  if (seeded.roll(3) == 0) return std::nullopt;
  return seeded.text("abc.", 4);
}

}  // namespace

TEST_CASE("text without variables, quotes and escapes expands to itself") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    Seeded seeded(seed);
    std::string text = seeded.text(kPlain, 60);
    CHECK(expanded_with("value", text) == text);
  }
}

TEST_CASE("a word in single quotes expands to itself, whatever is in it") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    Seeded seeded(seed);
    std::string text = seeded.text("$x{}:-\"\\ ab", 30);
    CHECK(expanded_with("value", "'" + text + "'") == text);
  }
}

TEST_CASE("what two texts expand to is what they expand to together") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    Seeded seeded(seed);
    std::optional<std::string> x = any_value(seeded);
    // Each ends where no name goes on.
    std::string first, second;
    for (std::string* text : {&first, &second}) {
      for (std::size_t pieces = seeded.roll(5); pieces > 0; --pieces) {
        *text += seeded.flip() ? "${x}" : seeded.flip() ? "\"$x\"" : seeded.text("ab ", 3);
      }
    }
    CHECK(expanded_with(x, first + second) == expanded_with(x, first) + expanded_with(x, second));
  }
}

TEST_CASE("- and + are each other's contrary: one gives the word, the other what is left") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    Seeded seeded(seed);
    std::optional<std::string> x = any_value(seeded);
    std::string word = seeded.text("yz/ ", 5);
    bool is_set = x.has_value(), is_full = is_set && !x->empty();
    CHECK(expanded_with(x, "${x:-" + word + "}") == (is_full ? *x : word));
    CHECK(expanded_with(x, "${x-" + word + "}") == (is_set ? *x : word));
    CHECK(expanded_with(x, "${x:+" + word + "}") == (is_full ? word : ""));
    CHECK(expanded_with(x, "${x+" + word + "}") == (is_set ? word : ""));
  }
}

TEST_CASE("a word of an operator is expanded as it would be alone") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    Seeded seeded(seed);
    std::string word = seeded.text("ab", 3) + "${y:-" + seeded.text("cd", 3) + "}";
    CHECK(expanded_with(std::nullopt, "${x:-" + word + "}") == expanded_with(std::nullopt, word));
  }
}

TEST_CASE("an expansion is refused or adds no more than its limit to the text") {
  std::size_t refused = 0, expanded = 0;
  const std::string value(limits::kExpansion / 4, 'v');
  for (unsigned seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    Seeded seeded(seed);
    std::string text;
    for (std::size_t pieces = seeded.roll(8); pieces > 0; --pieces) text += "$x ";
    try {
      std::string out = expanded_with(value, text);
      CHECK(out.size() <= text.size() + limits::kExpansion);
      ++expanded;
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kDockerfile);
      ++refused;
    }
  }
  CHECK(refused > 0);
  CHECK(expanded > 0);
}

TEST_CASE("text of nothing but syntax is expanded or refused as a Dockerfile's error") {
  std::size_t refused = 0, expanded = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    Seeded seeded(seed);
    try {
      expanded_with(any_value(seeded), seeded.text(kSyntax, 12));
      ++expanded;
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kDockerfile);
      ++refused;
    }
  }
  CHECK(refused > 0);
  CHECK(expanded > 0);
}
