// SPDX-License-Identifier: Apache-2.0
//
// --secret and --ssh: what the user lends to steps, read before the build starts, so that a missing
// file is said at once and no file is read twice.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/ssh_agent.h"

namespace cairn::cli {

// The values of secrets by id. Throws kUsage.
std::map<std::string, std::string> read_secrets(const std::vector<std::string>& options);

// Agents by id: sockets of agents that run already, and agents of ours for keys given as files.
struct Agents {
  std::map<std::string, std::string> sockets;
  std::vector<std::unique_ptr<SshAgent>> started;
};
Agents open_agents(const std::vector<std::string>& options);

}  // namespace cairn::cli
