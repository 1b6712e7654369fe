// SPDX-License-Identifier: Apache-2.0
//
// An automaton whose states are positions in the list of tokens. All states that a text can reach
// are kept in one list, with a mark for each round so that none is added twice. That bounds the
// time for any pattern; most paths keep one or two states.
#include "dockerfile/internal/wildcards.h"

#include <algorithm>
#include <cstdint>

#include "dockerfile/internal/runes.h"

namespace cairn::dockerfile {
namespace {

using Kind = Token::Kind;

// One character inside brackets, which may be escaped.
std::optional<char32_t> take_set_rune(std::string_view& pattern) {
  if (pattern.empty() || pattern[0] == '-' || pattern[0] == ']') return std::nullopt;
  if (pattern[0] == '\\') pattern.remove_prefix(1);
  if (pattern.empty()) return std::nullopt;
  Rune rune = decode_rune(pattern);
  pattern.remove_prefix(rune.size);
  if (pattern.empty()) return std::nullopt;  // the closing "]" is missing
  return rune.value;
}

std::optional<Token> take_set(std::string_view& pattern) {
  Token token{.kind = Kind::kSet};
  pattern.remove_prefix(1);
  if (pattern.starts_with('^')) {
    token.negated = true;
    pattern.remove_prefix(1);
  }
  // A "]" in the first place is malformed, as in Go.
  while (token.ranges.empty() || !pattern.starts_with(']')) {
    std::optional<char32_t> low = take_set_rune(pattern);
    if (!low) return std::nullopt;
    std::optional<char32_t> high = low;
    if (pattern[0] == '-') {
      pattern.remove_prefix(1);
      high = take_set_rune(pattern);
      if (!high) return std::nullopt;
    }
    token.ranges.emplace_back(*low, *high);
  }
  pattern.remove_prefix(1);
  return token;
}

// Whether a token can read this character. kDeep reads nothing itself: kDeepInside follows it.
bool accepts(const Token& token, char32_t rune) {
  switch (token.kind) {
    case Kind::kRune: return rune == token.rune;
    case Kind::kAny:
    case Kind::kStar: return rune != '/';
    case Kind::kSet: {
      bool found = std::any_of(token.ranges.begin(), token.ranges.end(), [&](const auto& range) {
        return range.first <= rune && rune <= range.second;
      });
      return found != token.negated;
    }
    case Kind::kAll:
    case Kind::kDeepInside: return true;
    case Kind::kDeep: return false;
  }
  return false;
}

// The states that a text can reach. State i is before token i; the last one accepts.
class States {
 public:
  explicit States(const Tokens& tokens) : tokens_(tokens), marks_(tokens.size() + 1, 0) {
    add(next_, 0);
    advance();
  }

  void step(char32_t rune) {
    for (std::size_t state : now_) {
      if (state == tokens_.size() || !accepts(tokens_[state], rune)) continue;
      Kind kind = tokens_[state].kind;
      bool stays = kind == Kind::kStar || kind == Kind::kAll || kind == Kind::kDeepInside;
      if (stays) add(next_, state);
      // "**/" may end behind any slash.
      if (!stays || (kind == Kind::kDeepInside && rune == '/')) add(next_, state + 1);
    }
    advance();
  }

  bool empty() const { return now_.empty(); }
  bool accepted() const {
    return std::find(now_.begin(), now_.end(), tokens_.size()) != now_.end();
  }

 private:
  // Also adds the states that are reached without reading a character.
  void add(std::vector<std::size_t>& list, std::size_t state) {
    while (mark(list, state) && state < tokens_.size()) {
      Kind kind = tokens_[state].kind;
      // "**/" may match nothing: marks its inside, and goes on behind it.
      if (kind == Kind::kDeep) mark(list, ++state);
      if (kind != Kind::kStar && kind != Kind::kAll && kind != Kind::kDeep) return;
      ++state;
    }
  }

  bool mark(std::vector<std::size_t>& list, std::size_t state) {
    if (marks_[state] == round_) return false;
    marks_[state] = round_;
    list.push_back(state);
    return true;
  }

  void advance() {
    now_.swap(next_);
    next_.clear();
    ++round_;
  }

  const Tokens& tokens_;
  std::vector<std::uint64_t> marks_;  // the last round in which a state was added
  std::uint64_t round_ = 1;
  std::vector<std::size_t> now_;
  std::vector<std::size_t> next_;
};

States run(const Tokens& tokens, std::string_view text) {
  States states(tokens);
  while (!text.empty() && !states.empty()) {
    Rune rune = decode_rune(text);
    states.step(rune.value);
    text.remove_prefix(rune.size);
  }
  return states;
}

}  // namespace

std::optional<Token> take_token(std::string_view& pattern) {
  char c = pattern[0];
  if (c == '[') return take_set(pattern);
  if (c == '*' || c == '?') {
    pattern.remove_prefix(1);
    return Token{.kind = c == '*' ? Kind::kStar : Kind::kAny};
  }
  if (c == '\\') pattern.remove_prefix(1);
  // An escape at the very end is malformed.
  if (pattern.empty()) return std::nullopt;
  Rune rune = decode_rune(pattern);
  pattern.remove_prefix(rune.size);
  return Token{.kind = Kind::kRune, .rune = rune.value};
}

bool is_valid_pattern(std::string_view pattern) {
  while (!pattern.empty()) {
    if (!take_token(pattern)) return false;
  }
  return true;
}

bool matches(const Tokens& tokens, std::string_view text) {
  return run(tokens, text).accepted();
}

std::vector<std::size_t> matching_prefixes(const Tokens& tokens, std::string_view path) {
  std::vector<std::size_t> sizes;
  States states(tokens);
  std::size_t at = 0;
  while (at < path.size() && !states.empty()) {
    if (path[at] == '/' && states.accepted()) sizes.push_back(at);
    Rune rune = decode_rune(path.substr(at));
    states.step(rune.value);
    at += rune.size;
  }
  if (at == path.size() && states.accepted()) sizes.push_back(at);
  return sizes;
}

bool may_match_behind(const Tokens& tokens, std::string_view prefix) {
  return !run(tokens, prefix).empty();
}

}  // namespace cairn::dockerfile
