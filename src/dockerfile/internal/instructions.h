// SPDX-License-Identifier: Apache-2.0
//
// One node of the tree to one typed instruction: argument counts, flags, and what can be checked
// before anything is expanded. Throws kDockerfile with a span.
#pragma once

#include "dockerfile/instruction.h"

namespace cairn::dockerfile {

Instruction parse_instruction(const Node& node);

}  // namespace cairn::dockerfile
