// SPDX-License-Identifier: Apache-2.0
//
// A whole Dockerfile: the ARGs before the first FROM, then stages.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/instruction.h"
#include "dockerfile/syntax.h"

namespace cairn::dockerfile {

struct Stage {
  From from;
  std::vector<Instruction> instructions;
};

struct Dockerfile {
  std::shared_ptr<const SourceText> source;
  char escape = '\\';
  std::vector<Directive> directives;
  std::vector<Arg> global_args;
  std::vector<Stage> stages;  // never empty
};

class Linter;

// Throws kDockerfile with a span; what the linter found until then is found.
Dockerfile parse_dockerfile(const SyntaxTree& tree, Linter& linter);
// Without build checks.
Dockerfile parse_dockerfile(const SyntaxTree& tree);
Dockerfile parse_dockerfile(std::shared_ptr<const SourceText> source);

// The text of an ONBUILD trigger, found in a stage or in an image. Spans of the result and of
// errors are `span`, the FROM line that made the trigger fire.
Instruction parse_trigger(std::string_view text, const SourceSpan& span);

// What the comments above FROM or ARG say of a stage or argument: the rest of the first one that
// starts with its name; "" when none does.
std::string description_of(const Origin& origin, std::string_view name);

// The part of `span` that holds the first `text`, with its columns; the span itself if there is
// none.
SourceSpan narrow(const SourceSpan& span, std::string_view text);

}  // namespace cairn::dockerfile
