// SPDX-License-Identifier: Apache-2.0
//
// Build checks: parts of a Dockerfile that work but are probably not intended. A rule is reported
// where its facts are known: lines and names by the parser; variables, paths and images by the
// plan. One Linter is passed through both. It collects diagnostics and drops those that the file
// skips ("# check=skip=...", at its top or right above an instruction). Not thread-safe.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/logins.h"
#include "dockerfile/instruction.h"
#include "dockerfile/lint_rules.h"
#include "dockerfile/syntax_tree.h"

namespace cairn::dockerfile {

struct Diagnostic {
  const LintRule* rule = nullptr;  // in the table of lint_rules.h, never null
  std::string message;
  SourceSpan span;
};

// "Rule: message (line 3)", as a build prints it.
std::string short_text(const Diagnostic& diagnostic);

struct CheckOptions {
  bool skip_all = false;
  std::set<std::string, std::less<>> skip = {};  // "cairn" means all rules of cairn's own
  bool experimental_all = false;
  std::set<std::string, std::less<>> experimental = {};
  bool fail = false;  // error=true: any diagnostic fails the build
};

// Parses "skip=A,B;error=true;experimental=all". Throws kDockerfile without a span.
CheckOptions parse_check_options(std::string_view text);
// The options of the build argument BUILDKIT_DOCKERFILE_CHECK if it is given, otherwise those of
// the directive. Throws kUsage for the argument, and kDockerfile with a span for the directive.
CheckOptions check_options(const std::vector<Directive>& directives,
                           const std::optional<std::string>& build_arg);

class Linter {
 public:
  explicit Linter(CheckOptions options) : options_(std::move(options)) {}

  // Records that `rule` is broken at `span`. `comments` are those above the instruction: they may
  // skip the rule, or enable it if it is experimental. `args` are the arguments of the rule's text.
  template <typename... Args>
  void report(const LintRule& rule, const SourceSpan& span,
              const std::vector<std::string>& comments, const Args&... args) {
    if (!wants(rule, comments)) return;
    found_.push_back({.rule = &rule,
                      .message = mask_logins(fmt::format(fmt::runtime(rule.text), args...)),
                      .span = span});
  }
  template <typename... Args>
  void report(const LintRule& rule, const Origin& origin, const Args&... args) {
    report(rule, origin.span, origin.comments, args...);
  }

  const std::vector<Diagnostic>& found() const { return found_; }
  // Throws kDockerfile when error=true is set and there are diagnostics of BuildKit's rules.
  void fail_if_wanted() const;

 private:
  bool wants(const LintRule& rule, const std::vector<std::string>& comments) const;

  CheckOptions options_;
  std::vector<Diagnostic> found_;
};

struct Dockerfile;

// Called by parse_dockerfile(): for the lines, for each node before it becomes an instruction, and
// for the whole file.
void lint_continuations(const SyntaxTree& tree, Linter& linter);
void lint_node(const Node& node, Linter& linter);
void lint_stages(const Dockerfile& file, Linter& linter);

// The rules that BuildKit does not have; `cairn check` runs them.
void lint_advice(const Dockerfile& file, Linter& linter);

}  // namespace cairn::dockerfile
