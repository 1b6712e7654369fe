// SPDX-License-Identifier: Apache-2.0
//
// What ADD takes from the web or from a repository.
#pragma once

#include <optional>
#include <string>

#include "dockerfile/instruction.h"
#include "plan/source_times.h"

namespace cairn::plan {

// Nothing when `path` is a file of the build context. `path` and `checksum` are expanded. Throws
// kDockerfile without a span.
std::optional<RemoteSource> remote_source(const dockerfile::Add& add, const std::string& path,
                                          const std::string& checksum);

bool is_url(std::string_view path);

}  // namespace cairn::plan
