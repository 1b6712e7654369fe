// SPDX-License-Identifier: Apache-2.0
//
// The semantics of moby/patternmatcher, including its oddities: a pattern that starts with "**" and
// has no other wildcard is a plain suffix ("**foo" matches "xfoo"), while with another wildcard the
// "**" must end at a slash ("**foo*" does not match it). The matcher is asked for every file of a
// context, so patterns are compiled once and the state of a parent directory is reused.
#include "dockerfile/ignore.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/internal/lines.h"
#include "dockerfile/internal/runes.h"
#include "dockerfile/internal/wildcards.h"

namespace cairn::dockerfile {
namespace {

// The pattern of a line, cleaned as a path, without its "!". A leading "/" is kept.
std::string clean_pattern(std::string_view text, bool& exception) {
  text = trim_space(text);
  exception = text.starts_with('!');
  if (exception) text = trim_space(text.substr(1));
  return text.empty() ? "" : clean_path(text);
}

}  // namespace

struct IgnoreMatcher::Pattern {
  enum class Kind { kExact, kPrefix, kSuffix, kWildcards };

  Kind kind = Kind::kExact;
  std::string text = {};  // without "**" when kind is kPrefix or kSuffix
  Tokens tokens = {};
  bool exception = false;
  bool everything = false;  // "*", "**" or "**/*"
  int line = 0;

  static Pattern compile(std::string_view text);
  bool matches(std::string_view path) const;
  bool may_match_below(std::string_view directory) const;
};

// Most patterns are plain: an exact path, "dir/**" or "**/name". Only the others need an automaton.
IgnoreMatcher::Pattern IgnoreMatcher::Pattern::compile(std::string_view text) {
  Pattern pattern;
  std::string_view rest = text;
  while (!rest.empty()) {
    bool first = rest.size() == text.size();
    if (!rest.starts_with("**")) {
      bool plain =
          rest[0] != '*' && rest[0] != '?' && rest[0] != '[' && rest[0] != ']' && rest[0] != '\\';
      if (!plain) pattern.kind = Kind::kWildcards;
      pattern.tokens.push_back(*take_token(rest));
      continue;
    }
    rest.remove_prefix(2);
    if (rest.starts_with('/')) rest.remove_prefix(1);
    bool was_exact = pattern.kind == Kind::kExact;
    if (rest.empty()) {
      pattern.kind = was_exact ? Kind::kPrefix : Kind::kWildcards;
      pattern.tokens.push_back({.kind = Token::Kind::kAll});
    } else {
      pattern.kind = Kind::kWildcards;
      pattern.tokens.push_back({.kind = Token::Kind::kDeep});
      pattern.tokens.push_back({.kind = Token::Kind::kDeepInside});
    }
    // Later wildcards turn the suffix into kWildcards again.
    if (first) pattern.kind = Kind::kSuffix;
  }
  if (pattern.kind != Kind::kWildcards) pattern.tokens = {};
  if (pattern.kind == Kind::kPrefix) text.remove_suffix(2);
  if (pattern.kind == Kind::kSuffix) text.remove_prefix(2);
  pattern.text = text;
  return pattern;
}

bool IgnoreMatcher::Pattern::matches(std::string_view path) const {
  switch (kind) {
    case Kind::kExact: return path == text;
    case Kind::kPrefix: return path.starts_with(text);
    case Kind::kSuffix:
      // "**/foo" matches "foo" too.
      return path.ends_with(text) ||
             (text.starts_with('/') && path == std::string_view(text).substr(1));
    case Kind::kWildcards: return dockerfile::matches(tokens, path);
  }
  return false;
}

bool IgnoreMatcher::Pattern::may_match_below(std::string_view directory) const {
  std::string below = std::string(directory) + "/";
  switch (kind) {
    case Kind::kExact: return text.starts_with(below);
    case Kind::kPrefix: return text.starts_with(below) || below.starts_with(text);
    case Kind::kSuffix: return true;
    case Kind::kWildcards: return may_match_behind(tokens, below);
  }
  return true;
}

IgnoreMatcher::Pattern IgnoreMatcher::compile(std::string_view text, int line, Anchor anchor) {
  bool exception = false;
  std::string clean = clean_pattern(text, exception);
  // "!/" becomes an empty pattern once its "/" is dropped.
  if (clean.empty() || (exception && clean == "/"))
    throw dockerfile_error("illegal exclusion pattern: \"!\"");
  if (anchor == Anchor::kMayBeSlash && clean.size() > 1 && clean[0] == '/') clean.erase(0, 1);
  if (!is_valid_pattern(clean)) {
    throw dockerfile_error("syntax error in pattern {}", go_quote(clean));
  }
  Pattern pattern = Pattern::compile(clean);
  pattern.exception = exception;
  pattern.everything = !exception && (clean == "*" || clean == "**" || clean == "**/*");
  pattern.line = line;
  return pattern;
}

void IgnoreMatcher::add(std::vector<Pattern> patterns) {
  has_exceptions_ = std::ranges::any_of(patterns, &Pattern::exception);
  excludes_everything_ = std::ranges::any_of(patterns, &Pattern::everything);
  if (!patterns.empty()) {
    patterns_ = std::make_shared<const std::vector<Pattern>>(std::move(patterns));
  }
}

IgnoreMatcher IgnoreMatcher::parse(const std::shared_ptr<const SourceText>& file) {
  IgnoreMatcher matcher;
  matcher.file_name_ = file->name;
  std::vector<Pattern> patterns;
  Lines lines(file->text);
  while (std::optional<std::string_view> raw = lines.next()) {
    std::string_view line = trim_newline(*raw);
    // Only a "#" in the first column starts a comment.
    if (line.starts_with('#') || trim_space(line).empty()) continue;
    at_span({.source = file, .first_line = lines.number(), .last_line = lines.number()},
            [&] { patterns.push_back(compile(line, lines.number(), Anchor::kMayBeSlash)); });
  }
  matcher.add(std::move(patterns));
  return matcher;
}

IgnoreMatcher IgnoreMatcher::of(const std::vector<std::string>& texts) {
  IgnoreMatcher matcher;
  std::vector<Pattern> patterns;
  for (const std::string& text : texts) {
    if (trim_space(text).empty()) continue;
    patterns.push_back(compile(text, static_cast<int>(patterns.size()) + 1, Anchor::kNone));
  }
  matcher.add(std::move(patterns));
  return matcher;
}

IgnoreDecision IgnoreMatcher::match(std::string_view path) const {
  // For each wildcard pattern, the lengths of the prefixes of `path` that it matches; computed on
  // first use. One pass serves all parent directories.
  std::vector<std::optional<std::vector<std::size_t>>> taken(empty() ? 0 : patterns_->size());
  State parent;
  State own;
  for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
    std::string_view prefix = path.substr(0, end);
    IgnoreDecision decision = decide(parent, own, [&](std::size_t i) {
      const Pattern& pattern = (*patterns_)[i];
      if (pattern.kind != Pattern::Kind::kWildcards) return pattern.matches(prefix);
      if (!taken[i]) taken[i] = matching_prefixes(pattern.tokens, path);
      return std::ranges::binary_search(*taken[i], prefix.size());
    });
    if (end == std::string_view::npos) return decision;
    parent.swap(own);
  }
}

IgnoreDecision IgnoreMatcher::match(std::string_view path, const State& parent, State& own) const {
  return decide(parent, own, [&](std::size_t i) { return (*patterns_)[i].matches(path); });
}

template <typename Matches>
IgnoreDecision IgnoreMatcher::decide(const State& parent, State& own,
                                     const Matches& matches) const {
  IgnoreDecision decision;
  own.clear();
  if (empty()) return decision;
  own.assign(patterns_->size(), false);
  for (std::size_t i = 0; i < patterns_->size(); ++i) {
    const Pattern& pattern = (*patterns_)[i];
    // A pattern that matches a directory matches all below it.
    bool matched = !parent.empty() && parent[i];
    // A pattern that cannot change the decision is not evaluated.
    if (!matched && pattern.exception == decision.excluded) matched = matches(i);
    own[i] = matched;
    if (!matched || decision.excluded == !pattern.exception) continue;
    decision = {.excluded = !pattern.exception, .line = pattern.line};
  }
  return decision;
}

bool IgnoreMatcher::may_match_below(std::string_view directory) const {
  return !empty() && std::ranges::any_of(*patterns_, [&](const Pattern& pattern) {
    return !pattern.exception && pattern.may_match_below(directory);
  });
}

bool IgnoreMatcher::may_include_below(std::string_view directory,
                                      const IgnoreDecision& decision) const {
  if (!has_exceptions_) return false;
  for (const Pattern& pattern : *patterns_) {
    // An earlier exception has lost to the pattern that decided.
    bool later = pattern.exception && pattern.line > decision.line;
    if (later && pattern.may_match_below(directory)) return true;
  }
  return false;
}

}  // namespace cairn::dockerfile
