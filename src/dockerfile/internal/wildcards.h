// SPDX-License-Identifier: Apache-2.0
//
// Wildcard patterns as small automata (Thompson's construction). All states that a text can reach
// are followed at once, without backtracking, so the time is at most the product of the lengths.
// Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::dockerfile {

struct Token {
  enum class Kind {
    kRune,
    kAny,   // one character except "/"
    kSet,   // a character in `ranges`, or not in them if negated
    kStar,  // any text without "/"
    kAll,   // any text
    kDeep,  // empty, or any text that ends in "/"; kDeepInside follows
    kDeepInside,
  };
  Kind kind = Kind::kRune;
  char32_t rune = 0;
  bool negated = false;
  std::vector<std::pair<char32_t, char32_t>> ranges = {};
};
using Tokens = std::vector<Token>;

// Removes the token at the front of `pattern`, by the rules of Go's filepath.Match. nullopt when it
// is malformed. `pattern` must not be empty.
std::optional<Token> take_token(std::string_view& pattern);

// Whether all of the pattern is well-formed.
bool is_valid_pattern(std::string_view pattern);

bool matches(const Tokens& tokens, std::string_view text);
// The lengths of all prefixes of `path` that match and are whole paths (all of it, or up to a "/"),
// in increasing order. One pass over the path.
std::vector<std::size_t> matching_prefixes(const Tokens& tokens, std::string_view path);
// Whether any text that starts with `prefix` can match.
bool may_match_behind(const Tokens& tokens, std::string_view prefix);

}  // namespace cairn::dockerfile
