// SPDX-License-Identifier: Apache-2.0
//
// Word expansion of Dockerfiles: variables, their operators, quotes and escapes. It is close to a
// POSIX shell, but has no command substitution, arithmetic, tilde or globbing. An unset variable is
// the empty string.
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

// Returns the value of a variable; nullopt when it is unset. Called on the calling thread.
using Variables = std::function<std::optional<std::string>(std::string_view name)>;

struct ExpandOptions {
  char escape = '\\';
  bool keep_quotes = false;    // quotes stay in the result
  bool keep_escapes = false;   // escape characters stay in the result
  bool ignore_quotes = false;  // quotes are ordinary characters (heredoc bodies)
  bool keep_unset = false;     // an unset variable stays as written
};

struct Expansion {
  std::string text;
  std::vector<std::string> words;  // set by expand_words only
  std::set<std::string> used;      // variables that were set
  std::set<std::string> unset;     // variables that were used but not set
};

// Expands the text as one word, spaces included. Throws kDockerfile without a span, as the caller
// knows the line; also when substitution adds more than limits::kExpansion bytes. Throws kLimit for
// more than limits::kWords variables.
Expansion expand_word(std::string_view text, const Variables& variables,
                      const ExpandOptions& options = {});

// Also splits the result at unquoted white space, including that from an unquoted variable. Empty
// words are dropped.
Expansion expand_words(std::string_view text, const Variables& variables,
                       const ExpandOptions& options = {});

}  // namespace cairn::dockerfile
