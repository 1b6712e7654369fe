// SPDX-License-Identifier: Apache-2.0
//
// Which heredocs a joined line opens. Only RUN, COPY and ADD have them, also behind ONBUILD, and
// not in JSON form. Their words are lexed with "\" as the escape whatever the directive says.
#pragma once

#include <string_view>
#include <vector>

#include "dockerfile/syntax.h"

namespace cairn::dockerfile {

bool may_hold_heredocs(const Node& node);
std::vector<Heredoc> heredocs_of(std::string_view line);

}  // namespace cairn::dockerfile
