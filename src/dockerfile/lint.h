// SPDX-License-Identifier: Apache-2.0
//
// Build checks: what of a Dockerfile works and yet is probably not meant. Rules fire where their
// fact is known: on lines and names while the file is parsed, on variables, paths and images while
// it is planned. One Linter passes through both, keeps what was found, and knows what the file does
// not want to hear ("# check=skip=...", at its top or right above an instruction).
#pragma once

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/format.h"
#include "dockerfile/instruction.h"
#include "dockerfile/lint_rules.h"
#include "dockerfile/syntax.h"

namespace cairn::dockerfile {

struct Diagnostic {
  const LintRule* rule = nullptr;  // of the table, never null
  std::string message;
  SourceSpan span;
};

// "Rule: message (line 3)", as a build prints it.
std::string short_text(const Diagnostic& diagnostic);

struct CheckOptions {
  bool skip_all = false;
  std::set<std::string, std::less<>> skip = {};  // "cairn" stands for all rules of cairn's own
  bool experimental_all = false;
  std::set<std::string, std::less<>> experimental = {};
  bool fail = false;  // error=true: what is found ends the build
};

// "skip=A,B;error=true;experimental=all". Throws kDockerfile.
CheckOptions parse_check_options(std::string_view text);
// Those of the directive, or of the build argument BUILDKIT_DOCKERFILE_CHECK in its place. Throws
// kDockerfile with the directive's span, kUsage for the argument.
CheckOptions check_options(const std::vector<Directive>& directives,
                           const std::optional<std::string>& build_arg);

class Linter {
 public:
  explicit Linter(CheckOptions options) : options_(std::move(options)) {}

  // Says that `rule` was broken at `span`. `comments` are those above the instruction that broke
  // it: they may skip the rule, or ask for it when it is experimental.
  template <typename... Args>
  void report(const LintRule& rule, const SourceSpan& span,
              const std::vector<std::string>& comments, const Args&... args) {
    if (!wants(rule, comments)) return;
    found_.push_back(
        {.rule = &rule, .message = fmt::format(fmt::runtime(rule.text), args...), .span = span});
  }
  template <typename... Args>
  void report(const LintRule& rule, const Origin& origin, const Args&... args) {
    report(rule, origin.span, origin.comments, args...);
  }

  const std::vector<Diagnostic>& found() const { return found_; }
  // Throws kDockerfile when something was found and the file wants that to be an error.
  void fail_if_wanted() const;

 private:
  bool wants(const LintRule& rule, const std::vector<std::string>& comments) const;

  CheckOptions options_;
  std::vector<Diagnostic> found_;
};

struct Dockerfile;

// What parse_dockerfile asks on its way: of the lines, of each one before it becomes an
// instruction, and of the file when all of it is there.
void lint_continuations(const SyntaxTree& tree, Linter& linter);
void lint_node(const Node& node, Linter& linter);
void lint_stages(const Dockerfile& file, Linter& linter);

// The rules that BuildKit does not have, for `cairn check`.
void lint_advice(const Dockerfile& file, Linter& linter);

}  // namespace cairn::dockerfile
