// SPDX-License-Identifier: Apache-2.0
//
// Word expansion as Dockerfiles know it: variables, their operators, quotes and escapes, close to a
// POSIX shell and yet not one. There is no command substitution, no arithmetic, no tilde and no
// globbing; an unset variable is the empty string.
//
//   $name ${name}              the value
//   ${name:-word} ${name-word} word, if name is unset (or empty, with ":")
//   ${name:+word} ${name+word} word, if it is set (and not empty, with ":")
//   ${name:?word} ${name?word} an error that says word, likewise
//   ${name#pat} ## % %%        without its shortest or longest match at the front or back
//   ${name/pat/text} //        with its first match or all matches replaced
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::dockerfile {

// The value of a variable, or nothing when it is unset.
using Variables = std::function<std::optional<std::string>(std::string_view name)>;

struct ExpandOptions {
  char escape = '\\';
  bool keep_quotes = false;    // quotes that did their work stay in the result
  bool keep_escapes = false;   // likewise escape characters
  bool ignore_quotes = false;  // quotes are ordinary characters (heredoc bodies)
  bool keep_unset = false;     // an unset variable stays as it was written
};

struct Expansion {
  std::string text;
  std::vector<std::string> words;  // only of expand_words
  std::set<std::string> used;      // variables that were set
  std::set<std::string> unset;     // variables that were asked for and not set
};

// The text as one word, spaces and all. Throws kDockerfile without a span: the caller knows where.
Expansion expand_word(std::string_view text, const Variables& variables,
                      const ExpandOptions& options = {});

// Also splits the result at white space that stands outside quotes; white space that came from a
// variable outside quotes splits too. Words that end up empty vanish.
Expansion expand_words(std::string_view text, const Variables& variables,
                       const ExpandOptions& options = {});

}  // namespace cairn::dockerfile
