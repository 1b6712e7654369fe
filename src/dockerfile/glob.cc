// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/glob.h"

#include <optional>

#include "dockerfile/internal/wildcards.h"

namespace cairn::dockerfile {
namespace {

std::optional<Tokens> compile(std::string_view pattern) {
  Tokens tokens;
  while (!pattern.empty()) {
    std::optional<Token> token = take_token(pattern);
    if (!token) return std::nullopt;
    bool repeats = token->kind == Token::Kind::kStar && !tokens.empty() &&
                   tokens.back().kind == Token::Kind::kStar;
    if (!repeats) tokens.push_back(std::move(*token));
  }
  return tokens;
}

}  // namespace

bool match_path(std::string_view pattern, std::string_view name) {
  std::optional<Tokens> tokens = compile(pattern);
  return tokens && matches(*tokens, name);
}

bool is_valid_pattern(std::string_view pattern) {
  return compile(pattern).has_value();
}

bool has_wildcard(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '*' || path[i] == '?' || path[i] == '[') return true;
    if (path[i] == '\\') ++i;
  }
  return false;
}

}  // namespace cairn::dockerfile
