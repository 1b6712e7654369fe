// SPDX-License-Identifier: Apache-2.0
//
// The first layer of the language: from text to a syntax tree. It knows lines, comments,
// continuations, directives, heredocs and the argument shape of each instruction, but not their
// meaning.
#pragma once

#include <memory>
#include <string>

#include "dockerfile/syntax_tree.h"

namespace cairn::dockerfile {

// Throws kDockerfile with a span, or kLimit.
SyntaxTree parse_syntax(std::shared_ptr<const SourceText> source);

// The tree as s-expressions, one instruction a line, in the form of BuildKit's dumper.
std::string dump_ast(const SyntaxTree& tree);

}  // namespace cairn::dockerfile
