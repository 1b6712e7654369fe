// SPDX-License-Identifier: Apache-2.0
//
// Splits a joined line into keyword, flags and arguments. Each instruction has one of a few
// argument shapes. Unknown keywords are accepted here and refused by parse_instruction().
#pragma once

#include <cstddef>
#include <string_view>

#include "dockerfile/syntax_tree.h"

namespace cairn::dockerfile {

// Counts the words of a file. Throws kLimit beyond limits::kWords.
class WordCount {
 public:
  void add(std::size_t words = 1);

 private:
  std::size_t words_ = 0;
};

// Fills keyword, flags, args, json, trigger and original. Throws kDockerfile or kLimit without a
// span.
Node parse_line(std::string_view line, char escape, WordCount& count);

}  // namespace cairn::dockerfile
