// SPDX-License-Identifier: Apache-2.0
//
// The first layer of the language: from text to a syntax tree. It knows lines, comments,
// continuations, directives, heredocs and the argument shape of each instruction, but not their
// meaning. The tree has the content of BuildKit's parser.Node, so that the two can be compared
// (dump_ast). A tree is a value; its spans share the source text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source_span.h"

namespace cairn::dockerfile {

struct Heredoc {
  std::string name;
  unsigned descriptor = 0;   // the 3 of 3<<EOF
  bool expand = true;        // no part of the word was quoted
  bool chomp = false;        // <<-: leading tabs of the body are removed
  std::string content = {};  // as in the file, line ends included

  bool operator==(const Heredoc&) const = default;
};

// One instruction, with its continued lines joined.
struct Node {
  std::string keyword;             // as written
  std::vector<std::string> flags;  // "--name=value", quotes gone
  std::vector<std::string> args;   // depends on the instruction; ENV: key, value, "=" or ""
  bool json = false;               // args came from a JSON array
  std::vector<Node> trigger;       // ONBUILD: the instruction behind it, at most one
  std::vector<Heredoc> heredocs;
  std::string original;               // the joined line
  std::vector<std::string> comments;  // the comment lines right above, without "#"
  SourceSpan span;
};

// One of the directives at the top: "# name=value".
struct Directive {
  std::string name;  // lower case: syntax, escape, check
  std::string value;
  SourceSpan span;
};

struct SyntaxTree {
  std::shared_ptr<const SourceText> source;
  char escape = '\\';
  std::vector<Directive> directives;
  std::vector<Node> nodes;
  std::vector<SourceSpan> empty_continuations;  // last lines of instructions with blank ones inside
};

// Throws kDockerfile with a span, or kLimit.
SyntaxTree parse_syntax(std::shared_ptr<const SourceText> source);

// The heredoc that a word opens ("<<EOF", "3<<-'EOF'"), with empty content; nullopt if it opens
// none. Throws kDockerfile for a quote that is not closed.
std::optional<Heredoc> find_heredoc(std::string_view word);
std::string chomp_tabs(std::string_view body);  // leading tabs of every line removed, for <<-

// The tree as s-expressions, one instruction a line, in the form of BuildKit's dumper.
std::string dump_ast(const SyntaxTree& tree);

}  // namespace cairn::dockerfile
