// SPDX-License-Identifier: Apache-2.0
//
// The names that --ulimit uses for resource limits (setrlimit(2)).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::sandbox {

// "nofile" is RLIMIT_NOFILE; nullopt for an unknown name.
std::optional<int> find_rlimit(std::string_view name);
std::string_view rlimit_name(int resource);
std::vector<std::string> rlimit_names();

}  // namespace cairn::sandbox
