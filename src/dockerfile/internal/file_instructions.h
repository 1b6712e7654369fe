// SPDX-License-Identifier: Apache-2.0
//
// COPY and ADD: what they have in common are sources, of which some may be heredocs, and a
// destination. Both throw kDockerfile.
#pragma once

#include "dockerfile/instruction.h"
#include "dockerfile/syntax_tree.h"

namespace cairn::dockerfile {

Instruction parse_copy(const Node& node);
Instruction parse_add(const Node& node);

}  // namespace cairn::dockerfile
