// SPDX-License-Identifier: Apache-2.0
//
// Goes through the nodes once: lint a node, parse it, append it to its stage. Lint comes first, so
// that a file with an error still reports what was found above it. Parse errors get BuildKit's
// prefix with the line, which editors and CI systems match.
#include "dockerfile/dockerfile.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/internal/instructions.h"
#include "dockerfile/lint.h"

namespace cairn::dockerfile {
namespace {

// A missing continuation on the line above is a common cause of an unknown keyword.
std::string missing_continuation(const SyntaxTree& tree, std::size_t index) {
  if (index == 0) return "";
  const Node& before = tree.nodes[index - 1];
  const Node& node = tree.nodes[index];
  // A heredoc or a gap between the two lines makes that unlikely.
  if (!before.heredocs.empty() || before.span.last_line + 1 != node.span.first_line) return "";
  return fmt::format("line {} does not end in {}: if line {} belongs to it, add one there",
                     before.span.last_line, tree.escape, node.span.first_line);
}

Instruction parse_node(const SyntaxTree& tree, std::size_t index) {
  const Node& node = tree.nodes[index];
  auto name_line = [&](const Error& error) {
    std::string hint = error.hint();
    if (hint.empty() && error.message().starts_with("unknown instruction")) {
      hint = missing_continuation(tree, index);
    }
    throw Error::of(error.kind(), "dockerfile parse error on line {}: {}", node.span.first_line,
                    error.message())
        .with_hint(std::move(hint))
        .at(error.span().value_or(node.span));
  };
  return amend(name_line, [&] { return parse_instruction(node); });
}

void add(Dockerfile& file, Instruction instruction) {
  // ARG before the first FROM is global; anything else there is an error.
  if (auto* from = std::get_if<From>(&instruction)) {
    file.stages.push_back({.from = std::move(*from), .instructions = {}});
  } else if (!file.stages.empty()) {
    file.stages.back().instructions.push_back(std::move(instruction));
  } else if (auto* arg = std::get_if<Arg>(&instruction)) {
    file.global_args.push_back(std::move(*arg));
  } else {
    throw dockerfile_error("no build stage in current context")
        .with_hint("only ARG may stand before the first FROM")
        .at(origin_of(instruction).span);
  }
}

}  // namespace

const Origin& origin_of(const Instruction& instruction) {
  return std::visit([](const auto& value) -> const Origin& { return value.origin; }, instruction);
}

Dockerfile parse_dockerfile(const SyntaxTree& tree, Linter& linter) {
  Dockerfile file{.source = tree.source,
                  .escape = tree.escape,
                  .directives = tree.directives,
                  .global_args = {},
                  .stages = {}};
  lint_continuations(tree, linter);
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    lint_node(tree.nodes[i], linter);
    add(file, parse_node(tree, i));
  }
  if (file.stages.empty()) {
    throw dockerfile_error("dockerfile contains no stages to build").at(tree.nodes.back().span);
  }
  lint_stages(file, linter);
  return file;
}

Dockerfile parse_dockerfile(const SyntaxTree& tree) {
  Linter unheard({.skip_all = true});
  return parse_dockerfile(tree, unheard);
}

Dockerfile parse_dockerfile(std::shared_ptr<const SourceText> source) {
  return parse_dockerfile(parse_syntax(std::move(source)));
}

Instruction parse_trigger(std::string_view text, const SourceSpan& span) {
  // The trigger is parsed as a file of its own, but errors and steps point at the FROM line, the
  // only one in the user's file.
  auto source = std::make_shared<const SourceText>(SourceText{"ONBUILD", std::string(text)});
  auto name_trigger = [&](const Error& error) {
    throw Error(error.kind(), error.message())
        .with_hint(fmt::format("the base of this stage carries the trigger: ONBUILD {}",
                               text.substr(0, text.find('\n'))))
        .at(span);
  };
  return amend(name_trigger, [&] {
    SyntaxTree tree = parse_syntax(std::move(source));
    if (tree.nodes.size() != 1) {
      throw dockerfile_error("onbuild trigger should be a single expression");
    }
    // Parsed before its keyword is checked, so that a malformed trigger reports its own error.
    Node node = std::move(tree.nodes[0]);
    node.span = span;
    Instruction instruction = parse_instruction(node);
    // A trigger in a foreign config was not checked by our parser.
    for (std::string_view keyword : {"FROM", "ONBUILD", "MAINTAINER"}) {
      if (!equal_fold(node.keyword, keyword)) continue;
      throw dockerfile_error("{} isn't allowed as an ONBUILD trigger", keyword);
    }
    return instruction;
  });
}

std::string description_of(const Origin& origin, std::string_view name) {
  if (name.empty()) return "";
  for (const std::string& comment : origin.comments) {
    if (comment.size() > name.size() && comment.starts_with(name) && comment[name.size()] == ' ')
      return comment.substr(name.size() + 1);
  }
  return "";
}

}  // namespace cairn::dockerfile
