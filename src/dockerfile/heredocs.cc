// SPDX-License-Identifier: Apache-2.0
//
// Splits the line into words with the expander, with no variable set and quotes kept, because "<<"
// inside quotes opens nothing. Whether a body is expanded depends on whether any part of its word
// was quoted, so the word is expanded twice and compared.
#include "dockerfile/heredocs.h"

#include <algorithm>
#include <charconv>

#include "base/attempt.h"
#include "base/error.h"
#include "base/text.h"
#include "dockerfile/expand.h"
#include "dockerfile/internal/runes.h"

namespace cairn::dockerfile {
namespace {

std::optional<std::string> nothing_is_set(std::string_view) {
  return std::nullopt;
}

std::ptrdiff_t count_quotes(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return c == '\'' || c == '"'; });
}

}  // namespace

std::vector<Heredoc> heredocs_of(std::string_view line) {
  std::vector<Heredoc> found;
  if (line.find("<<") == std::string_view::npos) return found;
  ExpandOptions raw{.keep_quotes = true, .keep_escapes = true, .keep_unset = true};
  std::vector<std::string> words;
  if (std::optional<Error> failure =
          failure_of([&] { words = expand_words(line, nothing_is_set, raw).words; })) {
    if (failure->kind() == ErrorKind::kLimit) throw *failure;
    return found;  // shell text that is no list of words for this lexer
  }
  for (const std::string& word : words) {
    if (std::optional<Heredoc> heredoc = find_heredoc(word)) found.push_back(std::move(*heredoc));
  }
  return found;
}

std::optional<Heredoc> find_heredoc(std::string_view word) {
  std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
  Heredoc heredoc;
  // A number before "<<" is a descriptor; without one it is 0.
  std::from_chars(word.data(), word.data() + digits, heredoc.descriptor);
  word.remove_prefix(digits);
  if (!word.starts_with("<<")) return std::nullopt;
  word.remove_prefix(2);
  if (word.starts_with('-')) {
    heredoc.chomp = true;
    word.remove_prefix(1);
  }
  while (!word.empty() && std::string_view(" \t\r\n\f").find(word[0]) != std::string_view::npos) {
    word.remove_prefix(1);
  }
  // "<<<word" is a here-string of bash, not a heredoc.
  if (word.empty() || word.find('<') != std::string_view::npos) return std::nullopt;
  // Expanded with and without quotes: a difference means that a part is quoted.
  ExpandOptions options{.keep_unset = true};
  std::vector<std::string> plain = expand_words(word, nothing_is_set, options).words;
  if (plain.size() != 1) return std::nullopt;
  options.keep_quotes = true;
  std::vector<std::string> quoted = expand_words(word, nothing_is_set, options).words;
  heredoc.expand = quoted.size() == 1 && count_quotes(plain[0]) == count_quotes(quoted[0]);
  heredoc.name = std::move(plain[0]);
  return heredoc;
}

std::string chomp_tabs(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  bool at_start = true;
  for (char c : body) {
    if (at_start && c == '\t') continue;
    out += c;
    at_start = c == '\n';
  }
  return out;
}

}  // namespace cairn::dockerfile
