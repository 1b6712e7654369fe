// SPDX-License-Identifier: Apache-2.0
//
// The words of a FROM line with their variables filled in. Only ARGs above the first FROM and what
// the builder knows by itself are seen here.
#pragma once

#include <optional>
#include <string>

#include "dockerfile/dockerfile.h"
#include "dockerfile/lint.h"
#include "oci/platform.h"
#include "plan/internal/environment.h"

namespace cairn::plan {

struct FromLine {
  std::string base;
  std::optional<oci::Platform> platform = {};  // of the flag
};

// Throws kDockerfile with a span for words that expand to nothing or to no platform.
FromLine read_from_line(const dockerfile::From& from, const dockerfile::Dockerfile& file,
                        const Environment& globals, dockerfile::Linter& linter);

}  // namespace cairn::plan
