// SPDX-License-Identifier: Apache-2.0
//
// Wildcard patterns as small automata. All states a text can be in are followed at once, so no
// pattern takes more than the product of the lengths (Thompson's construction, no backtracking).
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
    kAny,   // one character but "/"
    kSet,   // one of ranges, or none of them
    kStar,  // any text without "/"
    kAll,   // any text
    kDeep,  // nothing, or any text that ends in "/": always followed by kDeepInside
    kDeepInside,
  };
  Kind kind = Kind::kRune;
  char32_t rune = 0;
  bool negated = false;
  std::vector<std::pair<char32_t, char32_t>> ranges = {};
};
using Tokens = std::vector<Token>;

// Takes the token at the front of `pattern` by the rules of Go's filepath.Match; nothing when it is
// malformed. `pattern` must not be empty.
std::optional<Token> take_token(std::string_view& pattern);

// Whether take_token() can take all of it.
bool is_valid_pattern(std::string_view pattern);

bool matches(const Tokens& tokens, std::string_view text);
// The sizes of all matching prefixes of `path` that are whole paths: all of it, or what stands
// before a "/". In rising order, by one pass over the path.
std::vector<std::size_t> matching_prefixes(const Tokens& tokens, std::string_view path);
// Whether some text that starts with `prefix` matches.
bool may_match_behind(const Tokens& tokens, std::string_view prefix);

}  // namespace cairn::dockerfile
