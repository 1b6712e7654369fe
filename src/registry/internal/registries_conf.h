// SPDX-License-Identifier: Apache-2.0
//
// Reads containers-registries.conf(5), version 2: the [[registry]] tables and their mirrors with
// `insecure = true`. A table is identified by its location, or else its prefix. TLS is a property
// of the host, so a path in either applies to the whole host.
#pragma once

#include <string>
#include <vector>

namespace cairn::registry {

// HOST[:PORT] of the insecure registries, from the first of the files that exists. Throws kUsage,
// with the line, for invalid TOML.
std::vector<std::string> insecure_hosts(const std::vector<std::string>& files);

}  // namespace cairn::registry
