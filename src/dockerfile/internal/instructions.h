// SPDX-License-Identifier: Apache-2.0
//
// Turns one node into one typed instruction: argument counts, flags, and all that can be checked
// before expansion. Throws kDockerfile with a span.
#pragma once

#include "dockerfile/instruction.h"
#include "dockerfile/syntax_tree.h"

namespace cairn::dockerfile {

Instruction parse_instruction(const Node& node);

}  // namespace cairn::dockerfile
