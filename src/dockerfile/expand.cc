// SPDX-License-Identifier: Apache-2.0
//
// One pass over the text, after the lexer of BuildKit (frontend/dockerfile/shell). The operand of
// ${name:-word} is expanded by the same code one level deeper. It is expanded even if it is not
// used, so an error in it counts.
#include "dockerfile/expand.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "dockerfile/internal/runes.h"
#include "dockerfile/internal/shell_pattern.h"

namespace cairn::dockerfile {
namespace {

// Nested operands recurse: ${a:-${a:-${a:-...}}}. No real file has this many levels.
constexpr int kMaxDepth = 100;

// Shell parameters such as $@ and $?: their names are one character, and a Dockerfile never sets
// them.
bool is_special_parameter(char c) {
  return std::string_view("@*#?-$!0").find(c) != std::string_view::npos;
}

// A variable that holds itself twice doubles on each line, so 500 bytes could become gigabytes.
Error too_large(const std::string& variable) {
  return dockerfile_error("with the value of {} the text grows by more than {} bytes", variable,
                          limits::kExpansion);
}

void check_count(std::size_t count, std::string_view what) {
  if (count < limits::kWords) return;
  throw Error::of(ErrorKind::kLimit, "more than {} {} in one text", limits::kWords, what);
}

// Collects the result twice: as one text, and split into words.
class Output {
 public:
  std::size_t size() const { return text_.size(); }
  void literal(std::string_view text) {  // quoted or escaped: white space does not split
    text_ += text;
    word_ += text;
  }
  void plain(std::string_view text) {
    text_ += text;
    while (!text.empty()) {
      Rune rune = decode_rune(text);
      if (is_space(rune.value)) {
        cut();
      } else {
        word_ += text.substr(0, rune.size);
      }
      text.remove_prefix(rune.size);
    }
  }
  std::string text() && { return std::move(text_); }
  void finish(Expansion& into) && {
    cut();
    into.text = std::move(text_);
    into.words = std::move(words_);
  }

 private:
  void cut() {
    if (word_.empty()) return;
    check_count(words_.size(), "words");
    words_.push_back(std::move(word_));
    word_.clear();
  }

  std::string text_;
  std::string word_;
  std::vector<std::string> words_;
};

class Expander {
 public:
  Expander(std::string_view text, const Variables& variables, const ExpandOptions& options)
      : rest_(text),
        variables_(variables),
        options_(options),
        limit_(text.size() + limits::kExpansion) {}

  Expansion run() {
    Output out;
    until('\0', options_.keep_escapes, out);
    std::move(out).finish(result_);
    return std::move(result_);
  }

 private:
  bool at_end() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_[0]; }
  std::string_view take() {  // one character
    std::size_t size = decode_rune(rest_).size;
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  // Expands up to `stop` and consumes it. With '\0', expands to the end of the text.
  void until(char stop, bool keep_escapes, Output& out) {
    bool outer_keeps = keep_escapes_;
    keep_escapes_ = keep_escapes;
    if (++depth_ > kMaxDepth) throw dockerfile_error("substitutions are nested too deeply");
    while (!at_end() && !(stop != '\0' && peek() == stop)) {
      step(out);
      check_size(out.size());
    }
    if (stop != '\0') {
      if (at_end()) {
        throw dockerfile_error("unexpected end of statement while looking for matching {}", stop);
      }
      take();
    }
    --depth_;
    keep_escapes_ = outer_keeps;
  }

  void step(Output& out) {
    char c = peek();
    if (c == '$') return out.plain(dollar());
    if (c == '\'' && !options_.ignore_quotes) return out.literal(single_quoted());
    if (c == '"' && !options_.ignore_quotes) return out.literal(double_quoted());
    if (c == '<') return out.literal(heredoc_sign());
    if (c != options_.escape) return out.plain(take());
    std::string_view sign = take();
    if (keep_escapes_) out.literal(sign);
    if (!at_end()) out.literal(take());  // an escape at the very end is dropped
  }

  // "<<" takes the white space behind it along, so that `<< EOF` is one word.
  std::string heredoc_sign() {
    std::string sign(take());
    if (peek() != '<') return sign;
    sign += take();
    while (peek() == ' ' || peek() == '\t' || peek() == '\r') sign += take();
    return sign;
  }

  std::string single_quoted() {
    take();
    std::size_t end = rest_.find('\'');
    if (end == std::string_view::npos) {
      throw dockerfile_error("unexpected end of statement while looking for matching single-quote");
    }
    std::string inside(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return options_.keep_quotes ? "'" + inside + "'" : inside;
  }

  std::string double_quoted() {
    std::string out;
    take();
    if (options_.keep_quotes) out += '"';
    while (!at_end() && peek() != '"') {
      if (peek() == '$') {
        out += dollar();
        check_size(out.size());
        continue;
      }
      std::string_view c = take();
      if (c[0] == options_.escape) {
        if (keep_escapes_) out += c;
        // Inside double quotes an escape counts only before these characters; otherwise it is
        // literal.
        if (peek() == '"' || peek() == '$' || (!at_end() && peek() == options_.escape)) c = take();
      }
      out += c;
    }
    if (at_end()) {
      throw dockerfile_error("unexpected end of statement while looking for matching double-quote");
    }
    take();
    if (options_.keep_quotes) out += '"';
    return out;
  }

  std::string name() {
    std::string out;
    // A name that starts with a digit is a positional parameter: digits only.
    if (is_digit(static_cast<unsigned char>(peek()))) {
      while (is_digit(static_cast<unsigned char>(peek()))) out += take();
      return out;
    }
    if (!at_end() && is_special_parameter(peek())) return std::string(take());
    // BuildKit takes any letter or digit of Unicode here.
    while (!at_end() && is_name_rune(decode_rune(rest_).value)) out += take();
    return out;
  }

  void check_size(std::size_t size) {
    if (size <= limit_) return;
    is_too_large_ = true;
    throw too_large(last_name_);
  }

  std::optional<std::string> value_of(const std::string& name) {
    last_name_ = name;
    std::optional<std::string> value = variables_(name);
    (value ? result_.used : result_.unset).insert(name);
    check_count(result_.used.size() + result_.unset.size() - 1, "variables");
    return value;
  }

  std::string dollar() {
    take();
    if (peek() == '{') return braced();
    std::string variable = name();
    if (variable.empty()) return "$";
    std::optional<std::string> value = value_of(variable);
    if (!value && options_.keep_unset) return "$" + variable;
    return value.value_or("");
  }

  std::string braced() {
    take();
    if (at_end()) throw missing_brace();
    if (peek() == '{' || peek() == '}' || peek() == ':') {
      throw dockerfile_error("syntax error: bad substitution");
    }
    std::string variable = name();
    if (at_end()) throw missing_brace();
    std::string sign(take());
    switch (sign[0]) {
      case '}': {
        std::optional<std::string> value = value_of(variable);
        if (!value && options_.keep_unset) return fmt::format("${{{}}}", variable);
        return value.value_or("");
      }
      // ":" only modifies the operator behind it.
      case ':':
        if (at_end()) throw missing_brace();
        sign += take();
        return operand(variable, sign);
      case '+':
      case '-':
      case '?':
      case '#':
      case '%': return operand(variable, sign);
      case '/': return replaced(variable);
      default: throw unsupported(sign);
    }
  }

  // ${name<sign>word}, where the sign may start with ":".
  std::string operand(const std::string& variable, const std::string& sign) {
    bool empty_is_unset = sign[0] == ':';
    char kind = sign[empty_is_unset ? 1 : 0];
    bool trims = kind == '#' || kind == '%';
    if (empty_is_unset && trims) throw unsupported(sign);
    // A pattern keeps its escapes: "\*" has to reach the matcher.
    std::string word = nested('}', trims ? Escapes::kKeep : Escapes::kResolve);
    std::optional<std::string> value = value_of(variable);
    // Step names show what is not known as it was written.
    if (!value && options_.keep_unset) return fmt::format("${{{}{}{}}}", variable, sign, word);
    bool absent = !value || (empty_is_unset && value->empty());
    switch (kind) {
      case '-': return absent ? word : *value;
      case '+': return absent ? "" : word;
      case '?':
        if (!absent) return *value;
        if (word.empty()) word = fmt::format("is not allowed to be {}", value ? "empty" : "unset");
        throw dockerfile_error("{}: {}", variable, word);
      case '#':
      case '%': return trimmed(value.value_or(""), word, kind);
      default: throw unsupported(sign);
    }
  }

  static std::string trimmed(const std::string& value, std::string_view pattern, char kind) {
    // "##" and "%%" arrive as a pattern that starts with the sign.
    Reach reach = Reach::kShortest;
    if (pattern.starts_with(kind)) {
      reach = Reach::kLongest;
      pattern.remove_prefix(1);
    }
    return kind == '#' ? trim_prefix(pattern, value, reach) : trim_suffix(pattern, value, reach);
  }

  std::string replaced(const std::string& variable) {
    bool all = peek() == '/';
    if (all) take();
    std::string pattern = nested('/', Escapes::kKeep);
    std::string with = nested('}', Escapes::kKeep);
    std::optional<std::string> value = value_of(variable);
    if (!value && options_.keep_unset) {
      return fmt::format("${{{}/{}/{}}}", variable, pattern, with);
    }
    return all ? replace_all(pattern, value.value_or(""), with, limit_)
               : replace_first(pattern, value.value_or(""), with, limit_);
  }

  enum class Escapes { kResolve, kKeep };
  std::string nested(char stop, Escapes escapes) {
    Output out;
    // At the end of the text every error means that the brace is missing.
    auto name_missing = [&](const Error& error) {
      if (error.kind() == ErrorKind::kLimit || !at_end() || is_too_large_) return;
      throw stop == '/' ? dockerfile_error("syntax error: missing '/' in ${{}}") : missing_brace();
    };
    amend(name_missing, [&] { until(stop, escapes == Escapes::kKeep, out); });
    return std::move(out).text();
  }

  static Error missing_brace() { return dockerfile_error("syntax error: missing '}}'"); }
  static Error unsupported(std::string_view sign) {
    return dockerfile_error("unsupported modifier ({}) in substitution", sign);
  }

  std::string_view rest_;
  const Variables& variables_;
  const ExpandOptions& options_;
  bool keep_escapes_ = false;
  int depth_ = 0;
  const std::size_t limit_;  // for each intermediate text too
  std::string last_name_;    // the last variable looked up, for messages
  bool is_too_large_ = false;
  Expansion result_;
};

Expansion expand(std::string_view text, const Variables& variables, const ExpandOptions& options) {
  // BuildKit's wrapper text. The whole word is quoted.
  auto quote_word = [&](const Error& error) {
    if (error.kind() == ErrorKind::kLimit) return;
    throw dockerfile_error("failed to process {}: {}", go_quote(text), error.message());
  };
  return amend(quote_word, [&] { return Expander(text, variables, options).run(); });
}

}  // namespace

Expansion expand_word(std::string_view text, const Variables& variables,
                      const ExpandOptions& options) {
  Expansion result = expand(text, variables, options);
  result.words.clear();
  return result;
}

Expansion expand_words(std::string_view text, const Variables& variables,
                       const ExpandOptions& options) {
  return expand(text, variables, options);
}

}  // namespace cairn::dockerfile
