// SPDX-License-Identifier: Apache-2.0
//
// A socket of ours in front of somebody's SSH agent. A step gets this one, not the agent's own: it
// may have other owners and modes, it ends with the step, and it lets two questions pass, which
// keys there are and a signature by one of them. Everything else (adding and removing keys,
// locking, extensions) is answered with a refusal, as BuildKit does.
//
// The protocol is that of draft-miller-ssh-agent: a length of four bytes, a type of one, a body.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/sys/fd.h"

namespace cairn::solver {

class AgentForwarder {
 public:
  // Listens at `path`, which must not be there yet; whoever owns its directory removes it.
  AgentForwarder(const std::string& path, std::string agent);
  ~AgentForwarder();
  AgentForwarder(const AgentForwarder&) = delete;

 private:
  // One client, with a connection of its own to the agent.
  struct Connection {
    Connection(sys::Fd client, const std::string& agent);
    ~Connection();

    sys::Fd client;
    sys::Fd agent;
    std::atomic<bool> done = false;
    std::jthread thread;
  };

  void accept_all();
  void welcome(sys::Fd client);

  std::string agent_;
  sys::Fd listener_;
  std::vector<std::unique_ptr<Connection>> connections_;  // of thread_ alone
  std::jthread thread_;
};

}  // namespace cairn::solver
