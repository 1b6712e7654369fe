// SPDX-License-Identifier: Apache-2.0
//
// A whole Dockerfile: lines to a tree, the tree to instructions, and back to text.
#include "dockerfile/dockerfile.h"
#include "tests/fuzz/fuzz.h"

using namespace cairn;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::try_it(fuzz::Span::kNeeded, [&] {
    dockerfile::SyntaxTree tree =
        dockerfile::parse_syntax(fuzz::source_of(fuzz::text_of(data, size)));
    dockerfile::dump_ast(tree);
    dockerfile::parse_dockerfile(tree);
  });
  return 0;
}
