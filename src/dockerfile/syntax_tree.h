// SPDX-License-Identifier: Apache-2.0
//
// The syntax tree of a Dockerfile. It has the content of BuildKit's parser.Node, so that the two
// can be compared (dump_ast in syntax.h). A tree is a value; its spans share the source text.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/source_span.h"
#include "dockerfile/heredocs.h"

namespace cairn::dockerfile {

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

}  // namespace cairn::dockerfile
