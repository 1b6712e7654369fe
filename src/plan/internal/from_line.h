// SPDX-License-Identifier: Apache-2.0
//
// The words of a FROM line with variables expanded. Only ARGs above the first FROM and the
// builder's own variables are visible here.
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
  std::optional<oci::Platform> platform = {};  // --platform
};

// Throws kDockerfile with a span for a word that expands to nothing, or to no valid platform.
FromLine read_from_line(const dockerfile::From& from, const dockerfile::Dockerfile& file,
                        const Environment& globals, dockerfile::Linter& linter);

}  // namespace cairn::plan
