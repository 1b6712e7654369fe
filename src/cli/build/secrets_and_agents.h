// SPDX-License-Identifier: Apache-2.0
//
// --secret and --ssh: what the user lends to steps. All is read before the build starts, so that a
// missing file fails at once and no file is read twice.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/build/ssh_agent.h"

namespace cairn::cli {

// Returns the values of secrets by id. Throws kUsage, or kCancelled if `stop` ends the wait for a
// FIFO.
std::map<std::string, std::string> read_secrets(const std::vector<std::string>& options,
                                                const std::stop_token& stop = {});

// Agents by id: sockets of running agents, and agents we started for keys given as files.
struct Agents {
  std::map<std::string, std::string> sockets;
  std::vector<std::unique_ptr<SshAgent>> started;
};
// Throws kUsage, or kCancelled if `stop` ends the wait for a FIFO.
Agents open_agents(const std::vector<std::string>& options, const std::stop_token& stop = {});

}  // namespace cairn::cli
