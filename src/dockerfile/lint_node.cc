// SPDX-License-Identifier: Apache-2.0
//
// Checks of one node, without knowledge of the rest of the file. They run on the tree and not on
// instructions, because they are about spelling, which instructions no longer have.
#include <algorithm>

#include "base/text.h"
#include "dockerfile/lint.h"

namespace cairn::dockerfile {
namespace {

// FROM base AS name. A keyword in mixed case is reported by ConsistentInstructionCasing instead.
void lint_from(const Node& node, Linter& linter) {
  if (node.args.size() != 3) return;
  const std::string& as = node.args[1];
  const std::string& name = node.args[2];
  if (name != to_lower(name)) {
    linter.report(rules::kStageNameCasing, node.span, node.comments, name);
  }
  // Compared with the case of FROM itself, not of the file.
  bool lower = node.keyword == to_lower(node.keyword);
  bool upper = node.keyword == to_upper(node.keyword);
  if ((lower && as != to_lower(as)) || (upper && as != to_upper(as))) {
    linter.report(rules::kFromAsCasing, node.span, node.comments, as, node.keyword);
  }
}

// The comment right above must start with the name that it describes: "# base is what the others
// build on".
void lint_description(const Node& node, std::string_view instruction,
                      const std::vector<std::string>& names, Linter& linter) {
  if (node.comments.empty() || names.empty()) return;
  std::string_view comment = node.comments.back();
  std::string_view said = comment.substr(0, comment.find(' '));
  if (std::find(names.begin(), names.end(), said) != names.end()) return;
  linter.report(rules::kInvalidDefinitionDescription, node.span, node.comments, instruction,
                names.size() > 1 ? "<arg_key>" : names[0]);
}

}  // namespace

void lint_node(const Node& node, Linter& linter) {
  if (equal_fold(node.keyword, "MAINTAINER")) {
    linter.report(rules::kMaintainerDeprecated, node.span, node.comments);
  } else if (equal_fold(node.keyword, "FROM")) {
    lint_from(node, linter);
    if (node.args.size() == 3) lint_description(node, "FROM", {to_lower(node.args[2])}, linter);
  } else if (equal_fold(node.keyword, "ARG")) {
    std::vector<std::string> names;
    for (const std::string& arg : node.args) names.push_back(arg.substr(0, arg.find('=')));
    lint_description(node, "ARG", names, linter);
  }
}

void lint_continuations(const SyntaxTree& tree, Linter& linter) {
  for (const SourceSpan& span : tree.empty_continuations) {
    linter.report(rules::kNoEmptyContinuation, span, {});
  }
}

}  // namespace cairn::dockerfile
