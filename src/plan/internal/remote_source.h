// SPDX-License-Identifier: Apache-2.0
//
// The remote sources of ADD: files by HTTP(S), and git repositories.
#pragma once

#include <optional>
#include <string>

#include "dockerfile/instruction.h"
#include "plan/source_times.h"

namespace cairn::plan {

// nullopt when `path` is a file of the build context. `path` and `checksum` are already expanded.
// Throws kDockerfile without a span.
std::optional<RemoteSource> remote_source(const dockerfile::Add& add, const std::string& path,
                                          const std::string& checksum);

bool is_url(std::string_view path);

}  // namespace cairn::plan
