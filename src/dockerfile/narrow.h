// SPDX-License-Identifier: Apache-2.0
//
// The place of a word in an instruction, for errors and build checks that are about that word. A
// pure function.
#pragma once

#include <string_view>

#include "base/source_span.h"

namespace cairn::dockerfile {

// The first occurrence of `text` in `span`, with columns. Returns `span` itself if there is none,
// or if the whole source is larger than limits::kSearchedText.
SourceSpan narrow(const SourceSpan& span, std::string_view text);

}  // namespace cairn::dockerfile
