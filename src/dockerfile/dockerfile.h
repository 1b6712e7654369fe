// SPDX-License-Identifier: Apache-2.0
//
// A whole Dockerfile: the ARGs before the first FROM, then the stages. A value; it is immutable
// once parsed and may be shared between threads.
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

// Throws kDockerfile with a span, or kLimit. The linter then keeps what it found before the error.
Dockerfile parse_dockerfile(const SyntaxTree& tree, Linter& linter);
// The same without build checks.
Dockerfile parse_dockerfile(const SyntaxTree& tree);
Dockerfile parse_dockerfile(std::shared_ptr<const SourceText> source);

// Parses the text of an ONBUILD trigger, which comes from a stage or an image config. `span` is the
// FROM line that fired it; the result and errors carry it.
Instruction parse_trigger(std::string_view text, const SourceSpan& span);

// The description of a stage or argument in the comments above it: the rest of the first comment
// that starts with its name, or "".
std::string description_of(const Origin& origin, std::string_view name);

}  // namespace cairn::dockerfile
