// SPDX-License-Identifier: Apache-2.0
//
// What an instruction keeps of its node.
#pragma once

#include <string>

#include "dockerfile/instruction.h"
#include "dockerfile/internal/runes.h"
#include "dockerfile/syntax_tree.h"

namespace cairn::dockerfile {

inline Origin origin(const Node& node) {
  return {.keyword = node.keyword,
          .code = std::string(trim_space(node.original)),
          .comments = node.comments,
          .span = node.span};
}

}  // namespace cairn::dockerfile
