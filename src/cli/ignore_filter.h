// SPDX-License-Identifier: Apache-2.0
//
// A .dockerignore as the filter that those who walk trees ask.
#pragma once

#include <memory>
#include <string>

#include "base/path_filter.h"

namespace cairn::cli {

// Null when the file excludes nothing. Throws kDockerfile for a pattern that cannot be.
std::shared_ptr<const PathFilter> make_ignore_filter(const std::string& name,
                                                     const std::string& text);

}  // namespace cairn::cli
