// SPDX-License-Identifier: Apache-2.0
//
// Reads the file line by line, once. Rules that may surprise: a comment or blank line inside a
// continued instruction is dropped without ending it; a doubled escape at the end of a line does
// not continue it; a continued line keeps its leading white space.
#include "dockerfile/syntax.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "dockerfile/heredocs.h"
#include "dockerfile/internal/directives.h"
#include "dockerfile/internal/line_parsers.h"
#include "dockerfile/internal/lines.h"
#include "dockerfile/internal/runes.h"

namespace cairn::dockerfile {
namespace {

// Only RUN, COPY and ADD can have heredocs, also behind ONBUILD, and not in JSON form.
bool may_hold_heredocs(const Node& node) {
  const Node& inner =
      equal_fold(node.keyword, "onbuild") && !node.trigger.empty() ? node.trigger.front() : node;
  if (inner.json) return false;
  std::string keyword = to_lower(inner.keyword);
  return keyword == "run" || keyword == "copy" || keyword == "add";
}

bool is_comment(std::string_view line) {
  return trim_left_space(line).starts_with('#');
}

// Removes the escape that continues the line, and blanks behind it. Returns whether there was one.
bool cut_continuation(std::string_view& line, char escape) {
  std::size_t end = line.find_last_not_of(" \t");
  if (end == std::string_view::npos || line[end] != escape) return false;
  if (end > 0 && line[end - 1] == escape) return false;
  line = line.substr(0, end);
  return true;
}

class Parser {
 public:
  explicit Parser(std::shared_ptr<const SourceText> source)
      : lines_(source->text), directives_(source) {
    tree_.source = std::move(source);
  }

  SyntaxTree parse() && {
    while (std::optional<std::string_view> line = lines_.next()) {
      std::string_view text = trim_left_space(trim_newline(*line));
      if (is_comment(text)) {
        comment(text, trim_newline(*line));
      } else {
        // Directives must come before anything else, blank lines included.
        directives_.stop();
        instruction(text);
      }
    }
    if (tree_.nodes.empty()) {
      throw dockerfile_error("file with no instructions").at(span(1, lines_.number()));
    }
    tree_.directives = std::move(directives_).directives();
    return std::move(tree_);
  }

 private:
  SourceSpan span(int first, int last) const {
    return {.source = tree_.source, .first_line = first, .last_line = std::max(first, last)};
  }

  void comment(std::string_view text, std::string_view line) {
    if (directives_.read(text, lines_.number())) {
      tree_.escape = directives_.escape();
      return;
    }
    // BuildKit cuts the first character off the raw line. So an indented comment keeps its "#", and
    // neither describes anything nor skips a check.
    std::string_view body = trim_space(line.substr(1));
    // An empty comment separates what is above from the instruction.
    if (body.empty()) {
      comments_.clear();
    } else {
      at_span(span(lines_.number(), lines_.number()), [&] { words_.add(); });
      comments_.emplace_back(body);
    }
  }

  void instruction(std::string_view line) {
    int first = lines_.number();
    bool more = cut_continuation(line, tree_.escape);
    // A blank line between instructions. Comments above it still belong to the next one, as in
    // BuildKit.
    if (!more && line.empty()) return;
    std::string joined(line);
    if (more) join_following(joined);
    if (tree_.nodes.size() == limits::kInstructions) {
      throw Error::of(ErrorKind::kLimit, "a Dockerfile of more than {} instructions",
                      limits::kInstructions)
          .at(span(first, lines_.number()));
    }
    Node node;
    at_span(span(first, lines_.number()), [&] {
      node = parse_line(joined, tree_.escape, words_);
      if (may_hold_heredocs(node)) node.heredocs = heredocs_of(joined);
      words_.add(node.heredocs.size());
    });
    // Bodies follow the whole joined line, in the order of their words.
    for (Heredoc& heredoc : node.heredocs) read_body(heredoc, first);
    node.span = span(first, lines_.number());
    // For descriptions, and for checks that they skip.
    node.comments = std::move(comments_);
    comments_.clear();
    tree_.nodes.push_back(std::move(node));
  }

  void join_following(std::string& joined) {
    bool has_blank = false;
    while (std::optional<std::string_view> raw = lines_.next()) {
      std::string_view line = trim_newline(*raw);
      if (is_comment(line)) continue;
      if (trim_left_space(line).empty()) {
        has_blank = true;
        continue;
      }
      bool more = cut_continuation(line, tree_.escape);
      joined += line;
      if (!more) break;
    }
    // A check reports it at the last line of the instruction.
    if (has_blank) tree_.empty_continuations.push_back(span(lines_.number(), lines_.number()));
  }

  void read_body(Heredoc& heredoc, int first) {
    std::string near_miss;
    while (std::optional<std::string_view> raw = lines_.next()) {
      std::string_view line = trim_newline(*raw);
      if (heredoc.chomp) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      if (line == heredoc.name) return;
      // Remembered for the hint if no terminator comes.
      if (near_miss.empty() && trim(line) == heredoc.name) {
        near_miss = fmt::format(
            "line {} is \"{}\" with white space around it; the terminator must "
            "be the whole line",
            lines_.number(), heredoc.name);
      }
      heredoc.content += *raw;
    }
    if (near_miss.empty()) {
      near_miss = fmt::format("no line below line {} is exactly \"{}\"", first, heredoc.name);
    }
    throw dockerfile_error("unterminated heredoc").with_hint(near_miss).at(span(first, first));
  }

  Lines lines_;
  DirectiveReader directives_;
  SyntaxTree tree_;
  std::vector<std::string> comments_;
  WordCount words_;
};

void dump_node(const Node& node, std::string& out);

void dump_args(const Node& node, std::string& out) {
  for (const Node& trigger : node.trigger) {
    out += " (";
    dump_node(trigger, out);
    out += ')';
  }
  for (const std::string& arg : node.args) out += " " + go_quote(arg);
}

void dump_node(const Node& node, std::string& out) {
  out += to_lower(node.keyword);
  if (!node.flags.empty()) {
    std::vector<std::string> quoted;
    for (const std::string& flag : node.flags) quoted.push_back(go_quote(flag));
    out += fmt::format(" [{}]", fmt::join(quoted, " "));
  }
  dump_args(node, out);
}

}  // namespace

SyntaxTree parse_syntax(std::shared_ptr<const SourceText> source) {
  if (source->text.empty()) {
    throw dockerfile_error("the Dockerfile cannot be empty")
        .at({.source = source, .first_line = 1, .last_line = 1});
  }
  return Parser(std::move(source)).parse();
}

std::string dump_ast(const SyntaxTree& tree) {
  std::string out;
  for (const Node& node : tree.nodes) {
    out += '(';
    dump_node(node, out);
    out += ")\n";
  }
  return out;
}

}  // namespace cairn::dockerfile
