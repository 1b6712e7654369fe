// SPDX-License-Identifier: Apache-2.0
//
// A table says which shape of arguments an instruction has; each shape has a parser. The shapes are
// BuildKit's (parser/line_parsers.go), down to where white space and escapes are kept. Words are
// counted while they are made, so that a hostile file is refused before it takes memory.
#include "dockerfile/internal/line_parsers.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "dockerfile/internal/runes.h"

namespace cairn::dockerfile {
namespace {

enum class Shape {
  kString,        // the whole rest
  kWords,         // split at white space
  kNamesOrPairs,  // ARG: quoted words
  kPairs,         // ENV, LABEL
  kJsonOrString,
  kJsonOrWords,
  kHealth,
  kTrigger,
  kUnknown,
};

constexpr std::array<std::pair<std::string_view, Shape>, 18> kShapes = {{
    {"add", Shape::kJsonOrWords},
    {"arg", Shape::kNamesOrPairs},
    {"cmd", Shape::kJsonOrString},
    {"copy", Shape::kJsonOrWords},
    {"entrypoint", Shape::kJsonOrString},
    {"env", Shape::kPairs},
    {"expose", Shape::kWords},
    {"from", Shape::kWords},
    {"healthcheck", Shape::kHealth},
    {"label", Shape::kPairs},
    {"maintainer", Shape::kString},
    {"onbuild", Shape::kTrigger},
    {"run", Shape::kJsonOrString},
    {"shell", Shape::kJsonOrString},
    {"stopsignal", Shape::kString},
    {"user", Shape::kString},
    {"volume", Shape::kJsonOrWords},
    {"workdir", Shape::kString},
}};

Shape shape_of(std::string_view keyword) {
  for (const auto& [name, shape] : kShapes) {
    if (equal_fold(name, keyword)) return shape;
  }
  return Shape::kUnknown;
}

// The blanks that separate words. A newline cannot occur in a joined line.
constexpr std::string_view kBlanks = "\t\v\f\r ";

std::pair<std::string_view, std::optional<std::string_view>> cut_at_blanks(std::string_view text) {
  std::size_t end = text.find_first_of(kBlanks);
  if (end == std::string_view::npos) return {text, std::nullopt};
  std::size_t next = std::min(text.find_first_not_of(kBlanks, end), text.size());
  return {text.substr(0, end), text.substr(next)};
}

std::vector<std::string> split_at_blanks(std::string_view text, WordCount& count) {
  std::vector<std::string> words;
  if (text.empty()) return words;
  std::optional<std::string_view> rest = text;
  while (rest) {
    auto [word, behind] = cut_at_blanks(*rest);
    count.add();
    words.emplace_back(word);
    rest = behind;
  }
  return words;
}

// Splits at white space that is neither quoted nor escaped. Quotes and escapes stay.
std::vector<std::string> parse_words(std::string_view text, char escape, WordCount& count) {
  std::vector<std::string> words;
  while (true) {
    text = trim_left_space(text);
    if (text.empty()) return words;
    std::string word;
    bool was_quoted = false;
    char quote = '\0';
    std::size_t i = 0;
    while (i < text.size()) {
      Rune rune = decode_rune(text.substr(i));
      char c = rune.size == 1 ? text[i] : '\0';
      if (quote == '\0' && is_space(rune.value)) break;
      if (c == escape && quote != '\'') {
        if (i + 1 == text.size()) break;  // an escape at the very end is dropped
        std::size_t next = decode_rune(text.substr(i + 1)).size;
        word += text.substr(i, 1 + next);
        i += 1 + next;
        continue;
      }
      if (quote != '\0' && c == quote) {
        quote = '\0';
      } else if (quote == '\0' && (c == '\'' || c == '"')) {
        quote = c;
        was_quoted = true;
      }
      word += text.substr(i, rune.size);
      i += rune.size;
    }
    // "" is a word; nothing between blanks is not.
    if (was_quoted || !word.empty()) {
      count.add();
      words.push_back(std::move(word));
    }
    // The escape that the loop stopped at is the last character.
    if (i < text.size() && text[i] == escape) return words;
    text.remove_prefix(i);
  }
}

// Removes one flag from the front of `text`, and resolves its quotes and escapes.
std::string take_flag(std::string_view& text, char escape) {
  std::string word;
  char quote = '\0';
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    char c = text[i];
    if (quote == '\0' && kBlanks.find(c) != std::string_view::npos) break;
    if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c != escape) {
      word += c;
    } else if (++i < text.size()) {
      word += text[i];
    }
  }
  text.remove_prefix(std::min(i, text.size()));
  return word;
}

// Removes the flags from the front of `text`: words that start with "--", up to a bare "--".
std::vector<std::string> take_flags(std::string_view& text, char escape, WordCount& count) {
  std::vector<std::string> flags;
  while (true) {
    text = trim_left_space(text);
    if (!text.starts_with("--")) return flags;
    std::string flag = take_flag(text, escape);
    if (flag == "--") return flags;
    count.add();
    if (flags.size() == limits::kFlags) {
      throw Error::of(ErrorKind::kLimit, "more than {} flags on one instruction", limits::kFlags);
    }
    flags.push_back(std::move(flag));
  }
}

// A JSON array of strings. nullopt when the text is not a JSON array, so it is text for a shell.
// Other elements are an error, because the author meant JSON.
std::optional<std::vector<std::string>> find_json(std::string_view text, WordCount& count) {
  text = trim_left_space(text);
  if (!text.starts_with('[')) return std::nullopt;
  auto see = [&](int, Json::parse_event_t, Json&) {
    count.add();  // while parsing; the array itself counts as two
    return true;
  };
  // A text that is no JSON is the normal case of a shell test, "[ -f x ]", so no exception.
  Json value = Json::parse(text.begin(), text.end(), see, /*allow_exceptions=*/false);
  if (!value.is_array()) return std::nullopt;
  std::vector<std::string> words;
  for (const Json& item : value) {
    if (!item.is_string()) {
      throw dockerfile_error(
          "when using JSON array syntax, arrays must be comprised of strings only");
    }
    words.push_back(item.get<std::string>());
  }
  return words;
}

void parse_json_or(Shape otherwise, std::string_view rest, WordCount& count, Node& node) {
  if (std::optional<std::vector<std::string>> words = find_json(rest, count)) {
    node.json = true;
    for (std::string& word : *words) node.args.push_back(std::move(word));
  } else if (otherwise == Shape::kWords) {
    node.args = split_at_blanks(rest, count);
  } else if (!rest.empty()) {
    node.args.emplace_back(rest);
  }
}

// "k=v k2=v2", or the old form "k the rest". The first word decides.
void parse_pairs(std::string_view rest, char escape, WordCount& count, Node& node) {
  std::vector<std::string> words = parse_words(rest, escape, count);
  if (words.empty()) return;
  if (words[0].find('=') == std::string::npos) {
    auto [key, value] = cut_at_blanks(rest);
    if (!value) {
      throw dockerfile_error("{} must have two arguments", to_upper(node.keyword));
    }
    node.args = {std::string(key), std::string(*value), ""};
    return;
  }
  for (const std::string& word : words) {
    std::size_t sign = word.find('=');
    if (sign == std::string::npos) {
      throw dockerfile_error("Syntax error - can't find = in {}. Must be of the form: name=value",
                             go_quote(word));
    }
    node.args.insert(node.args.end(), {word.substr(0, sign), word.substr(sign + 1), "="});
  }
}

void parse_health(std::string_view rest, WordCount& count, Node& node) {
  std::size_t end = std::min(rest.find_first_of(kBlanks), rest.size());
  if (end == 0) return;
  node.args.emplace_back(rest.substr(0, end));
  parse_json_or(Shape::kString, trim_left_space(rest.substr(end)), count, node);
}

void parse_args(std::string_view rest, char escape, WordCount& count, Node& node) {
  switch (shape_of(node.keyword)) {
    case Shape::kString:
      if (!rest.empty()) node.args.emplace_back(rest);
      break;
    case Shape::kWords: node.args = split_at_blanks(rest, count); break;
    case Shape::kNamesOrPairs: node.args = parse_words(rest, escape, count); break;
    case Shape::kPairs: parse_pairs(rest, escape, count, node); break;
    case Shape::kJsonOrString: parse_json_or(Shape::kString, rest, count, node); break;
    case Shape::kJsonOrWords: parse_json_or(Shape::kWords, rest, count, node); break;
    case Shape::kHealth: parse_health(rest, count, node); break;
    case Shape::kTrigger:
      break;  // done by parse_line
    // BuildKit's parser does so too; the tree has to compare equal.
    case Shape::kUnknown: node.args.emplace_back(); break;
  }
}

struct Split {
  Node node;
  std::string_view rest;
};

Split split_line(std::string_view line, char escape, WordCount& count) {
  Split out;
  // The keyword ends at the first blank; flags come directly behind it.
  auto [keyword, behind] = cut_at_blanks(trim_space(line));
  out.node.keyword = keyword;
  out.node.original = line;
  if (behind) {
    out.rest = *behind;
    out.node.flags = take_flags(out.rest, escape, count);
  }
  out.rest = trim_space(out.rest);
  return out;
}

}  // namespace

void WordCount::add(std::size_t words) {
  words_ += words;
  if (words_ <= limits::kWords) return;
  throw Error::of(ErrorKind::kLimit, "a Dockerfile of more than {} words", limits::kWords);
}

Node parse_line(std::string_view line, char escape, WordCount& count) {
  auto [node, rest] = split_line(line, escape, count);
  parse_args(rest, escape, count, node);
  if (shape_of(node.keyword) != Shape::kTrigger || rest.empty()) return std::move(node);
  // ONBUILD ONBUILD ... is refused later, but must not recurse here: only one level is parsed,
  // which is enough for the keyword of the next.
  Split inner = split_line(rest, escape, count);
  parse_args(inner.rest, escape, count, inner.node);
  node.trigger.push_back(std::move(inner.node));
  return std::move(node);
}

}  // namespace cairn::dockerfile
