// SPDX-License-Identifier: Apache-2.0
//
// The heredocs that a joined line opens. Only RUN, COPY and ADD have them, also behind ONBUILD, and
// not in JSON form. Words are split with "\" as the escape character, whatever the directive says,
// as in BuildKit.
#pragma once

#include <string_view>
#include <vector>

#include "dockerfile/syntax.h"

namespace cairn::dockerfile {

// Whether this kind of node can have heredocs at all.
bool may_hold_heredocs(const Node& node);
// The heredocs in order of appearance, with empty bodies. Throws kLimit.
std::vector<Heredoc> heredocs_of(std::string_view line);

}  // namespace cairn::dockerfile
